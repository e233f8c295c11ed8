using System.Collections.Concurrent;
using System.Globalization;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A cap as far as the app knows it.</summary>
/// <param name="Kw">The last that was acknowledged; null = none.</param>
/// <param name="Maybe">One that was asked for after it, and of which nobody said anything.</param>
internal sealed record CapAsked(double? Kw, double? Maybe);

/// <summary>Apps that push, schedule, open windows and cap without a pause, on any node, and note what was acknowledged.</summary>
internal sealed class ClusterLoad(NodeCluster cluster)
{
    private readonly ConcurrentDictionary<string, bool> _pushed = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _windows = new();
    private readonly ConcurrentDictionary<string, CapAsked> _caps = new();

    /// <summary>Acknowledged actions.</summary>
    public IReadOnlyCollection<string> Actions => [.. _pushed.Keys];

    /// <summary>Acknowledged actions with a window, and when it ends.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Windows => _windows;

    /// <summary>Caps by device.</summary>
    public IReadOnlyDictionary<string, CapAsked> Caps => _caps;

    /// <summary>Works on one device until told to stop.</summary>
    public async Task RunAsync(string device, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            await PushAsync(device, random);
            if (random.Next(5) == 0)
                await CapAsync(device, random.Next(2, 11));
            await Task.Delay(random.Next(20, 120), CancellationToken.None);
        }
    }

    private async Task PushAsync(string device, Random random)
    {
        string command = random.Next(2) == 0 ? "charge" : "idle";
        DateTimeOffset end = DateTimeOffset.UtcNow.AddSeconds(3);
        int kind = random.Next(8);
        object action = kind switch
        {
            0 => new { command = "charge", start = "0.01m", end = end.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) },
            1 or 2 => new { command, start = "0.01m" },
            _ => new { command },
        };
        if (await cluster.TryAsync(HttpMethod.Post, $"/ev-charger/{device}", new { action, onConflict = "cancel_and_replace" }) is not { } data)
            return;
        string id = data.GetProperty("id").GetString()!;
        _pushed[id] = true;
        if (kind == 0)
            _windows[id] = end;
        if (random.Next(3) > 0)
            await cluster.EndedAsync(id, TimeSpan.FromSeconds(8));
    }

    private async Task CapAsync(string device, double kw)
    {
        _caps.AddOrUpdate(device, new CapAsked(null, kw), (_, known) => known with { Maybe = kw });
        if (await cluster.TryAsync(HttpMethod.Post, $"/ev-charger/{device}/settings", new { max_charge_rate = new { value = kw, unit = "kw" } }) is not null)
            _caps[device] = new CapAsked(kw, null);
    }
}
