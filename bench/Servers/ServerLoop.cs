using System.Globalization;
using Microsoft.AspNetCore.Builder;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>Where a server of the measurements listens and keeps its data.</summary>
internal sealed record ServerPlace(int OcppPort, int ApiPort, int MqttPort, string Data)
{
    /// <summary>Further settings of the service, <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}

/// <summary>The child's side of <see cref="ChildServer"/>: one server, and answers about its process line by line.</summary>
internal static class ServerLoop
{
    public const string Amps = "amps";
    public const string BareWebSocket = "bare-websocket";
    public const string BareApi = "bare-api";
    public const string Empty = "empty";

    /// <summary>Runs the server until <c>quit</c> or the end of the input.</summary>
    public static async Task<int> RunAsync(string kind, ServerPlace place)
    {
        await using WebApplication app = kind switch
        {
            Amps => AmpsServer.Build(place),
            BareWebSocket => BareWebSocketServer.Build(place),
            BareApi => BareApiServer.Build(place),
            Empty => EmptyServer.Build(place),
            _ => throw new ArgumentException($"There is no server '{kind}'.", nameof(kind)),
        };
        await app.StartAsync();
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is { } line && line != "quit")
        {
            Console.WriteLine(line.Split(' ') switch
            {
                ["figures"] => string.Create(CultureInfo.InvariantCulture, $"{Environment.CpuUsage.TotalTime.TotalMicroseconds} {GC.GetTotalAllocatedBytes(precise: true)}"),
                ["memory"] => Memory(),
                ["seed", var count] => await AmpsServer.SeedAsync(app.Services, int.Parse(count, CultureInfo.InvariantCulture)),
                _ => "?",
            });
        }
        await app.StopAsync();
        return 0;
    }

    private static string Memory()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalMemory(forceFullCollection: true)} {PrivateMemory()}");
    }

    /// <summary>Anonymous resident memory: what the process holds for itself alone.</summary>
    private static long PrivateMemory()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("RssAnon:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
