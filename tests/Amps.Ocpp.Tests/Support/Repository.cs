namespace Amps.Ocpp.Tests.Support;

/// <summary>Where the checkout is.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Amps.Ocpp.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException("The tests do not run inside a checkout.");
    }
}
