using System.Diagnostics;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>What deploy/setup.sh makes, in a folder of its own.</summary>
public sealed class DeploySecrets : IDisposable
{
    public DeploySecrets() => Run();

    public static string Deploy { get; } = Path.Combine(Repository.Root, "deploy");

    public string Folder { get; } = Path.Combine(Directory.CreateTempSubdirectory("amps-deploy-").FullName, "secrets");

    public string this[string file] => Path.Combine(Folder, file);

    public string Read(string file) => File.ReadAllText(this[file]);

    /// <summary>Runs the script (again) and returns what it said.</summary>
    public string Run()
    {
        (int code, string said) = Execute(Path.Combine(Deploy, "setup.sh"), Folder);
        Assert.True(code == 0, said);
        return said;
    }

    /// <summary>Runs a program to its end: exit code, output and errors.</summary>
    public static (int Code, string Said) Execute(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    /// <summary>Full path of a program, or null where it is not installed.</summary>
    public static string? Find(string program) =>
        new[] { "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin" }.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Folder)!, recursive: true);
}
