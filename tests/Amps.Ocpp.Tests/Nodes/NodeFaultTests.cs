using System.Globalization;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>
/// Nodes, broker and database die, stop and come back under load, as real processes: the rounds of <see cref="NodeFaults"/> under
/// <see cref="ClusterLoad"/>, judged by <see cref="ClusterChecker"/>. <c>AMPS_SEED</c> repeats a run.
/// </summary>
public sealed class NodeFaultTests : IAsyncLifetime
{
    private const int ChargePoints = 9;
    private static readonly bool s_long = Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1";
    private static readonly int s_rounds = s_long ? 50 : 3;

    // A round ends when its two faults do, at most two of which are a freeze, and the actions of its time have: the fifty, with a freeze in
    // every eighth fault, take some 25 minutes.
    private const int LimitMilliseconds = 40 * 60 * 1000;

    // Longer than the lease of two seconds in any case.
    private static readonly TimeSpan s_freeze = TimeSpan.FromSeconds(s_long ? 60 : 3);

    private NodeCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await NodeCluster.StartAsync();

    [Fact(Timeout = LimitMilliseconds)]
    [Trait("row", "D10")]
    [Trait("row", "M2")]
    [Trait("row", "M3")]
    [Trait("row", "M4")]
    [Trait("row", "C16")]
    public async Task Nothing_acknowledged_is_lost_and_nothing_happens_twice_whatever_dies()
    {
        int seed = Environment.GetEnvironmentVariable("AMPS_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"AMPS_SEED={seed}");
        using var stop = new CancellationTokenSource();
        using var stopLoad = new CancellationTokenSource();
        List<RoamingChargePoint> chargePoints = [.. Enumerable.Range(0, ChargePoints).Select(i => Make(i, seed + i))];
        await _cluster.RegisterAsync([.. chargePoints.Select(chargePoint => chargePoint.Id)]);
        List<Task> links = [.. chargePoints.Select(chargePoint => Task.Run(() => chargePoint.RunAsync(stop.Token)))];
        var load = new ClusterLoad(_cluster);
        List<Task> work = [.. chargePoints.Select((chargePoint, i) => Task.Run(() => load.RunAsync(chargePoint.Id.ToLowerInvariant(), seed + i, stopLoad.Token)))];
        var faults = new NodeFaults(_cluster, seed, s_freeze);
        var checker = new ClusterChecker(_cluster, load, chargePoints);

        for (int round = 1; round <= s_rounds; round++)
        {
            await faults.RoundAsync(round);
            await checker.ActionsEndAsync();
            Assert.DoesNotContain(links.Concat(work), task => task.IsCompleted);
        }
        await stopLoad.CancelAsync();
        await Task.WhenAll(work).WaitAsync(TimeSpan.FromSeconds(90));
        await checker.ActionsEndAsync();
        chargePoints.ForEach(chargePoint => chargePoint.Rest());
        await Wait.UntilAsync(() => chargePoints.TrueForAll(chargePoint => chargePoint.IsSettled), "the charge points have told everything");
        await checker.AllAsync();
        await stop.CancelAsync();
        await Task.WhenAll(links).WaitAsync(Wait.Limit);
    }

    private RoamingChargePoint Make(int i, int seed) => (i % 3) switch
    {
        0 => new RoamingChargePoint16($"N{i}", NodeCluster.Password, seed, () => _cluster.Any().Ocpp),
        1 => new RoamingStation($"N{i}", "2.0.1", NodeCluster.Password, seed, () => _cluster.Any().Ocpp),
        _ => new RoamingStation($"N{i}", "2.1", NodeCluster.Password, seed, () => _cluster.Any().Ocpp),
    };

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
