using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>
/// An obedient charge point behind a load balancer: connects to some node, gives up a link on which nothing is answered, comes back on
/// another, and repeats in order what was not acknowledged. Now and then somebody charges at it with a card.
/// </summary>
internal abstract class RoamingChargePoint(string id, string password, int seed, Func<Uri> balance)
{
    private readonly ConcurrentQueue<Func<TestChargePoint, Task>> _toTell = new();
    private readonly ConcurrentQueue<RoamingTransaction> _transactions = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private RoamingTransaction? _running;
    private double _register = 1000 + (seed % 1000);
    private int _starts;
    private int _stops;
    private volatile bool _resting;
    private volatile LimitTold? _limit;

    /// <summary>The newest limit for all transactions that it was told.</summary>
    public LimitTold? Limit => _limit;

    public string Id => id;

    /// <summary>Of OCPP: 1.6, 2.0.1 or 2.1.</summary>
    public abstract string Version { get; }

    /// <summary>Every transaction that it began, oldest first.</summary>
    public IReadOnlyList<RoamingTransaction> Transactions => [.. _transactions];

    /// <summary>Calls for a remote start that arrived.</summary>
    public int Starts => _starts;

    /// <summary>Calls for a remote stop that arrived.</summary>
    public int Stops => _stops;

    /// <summary>Whether somebody charges with a card now and then.</summary>
    public bool HasCards { get; init; } = true;

    /// <summary>Frames, either way, that the schemas do not allow.</summary>
    public IEnumerable<string> Violations => _violations;

    /// <summary>Nothing runs, and everything that there was to tell was acknowledged.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
                return _running is null && _toTell.IsEmpty;
        }
    }

    /// <summary>Nobody charges with a card any more, and what runs is ended.</summary>
    public void Rest()
    {
        _resting = true;
        End("Local");
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using TestChargePoint link = await TestChargePoint.ConnectAsync(balance(), id, password, "ocpp" + Version).WaitAsync(TimeSpan.FromSeconds(5), stop);
                link.Check = new FrameCheck(Version);
                try
                {
                    await LiveAsync(link, stop);
                }
                finally
                {
                    // An error is an answer too: what cannot be stored now is told again.
                    foreach (string violation in link.Check.Violations.Where(violation => !violation.StartsWith("CALLERROR", StringComparison.Ordinal)))
                        _violations.Enqueue($"{id}: {violation}");
                }
            }
            catch (Exception e) when (e is WebSocketException or TimeoutException or OperationCanceledException or HttpRequestException or CallErrorException or IOException or ObjectDisposedException)
            {
                // Another link, another try.
            }
            await Task.Delay(Random.Shared.Next(50, 250), CancellationToken.None);
        }
    }

    protected static string Now => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    protected static Task<JsonElement> AskAsync(TestChargePoint link, string action, object payload) =>
        link.CallAsync(action, payload).WaitAsync(TimeSpan.FromSeconds(2.5));

    /// <summary>Sets how it answers.</summary>
    protected abstract void Answer(TestChargePoint link);

    protected abstract Task BootAsync(TestChargePoint link);

    protected abstract Task TellStatusAsync(TestChargePoint link, bool charging);

    protected abstract Task TellStartAsync(TestChargePoint link, RoamingTransaction transaction);

    protected abstract Task TellStopAsync(TestChargePoint link, RoamingTransaction transaction);

    protected abstract Task TellMeterAsync(TestChargePoint link, RoamingTransaction transaction, double register);

    /// <summary>The service tells a charging profile: one with one schedule, where it is a limit.</summary>
    protected object TakeProfile(JsonElement profile, JsonElement schedule)
    {
        if (profile.GetProperty("chargingProfilePurpose").GetString() != "TxProfile")
            _limit = new LimitTold(schedule.GetProperty("chargingRateUnit").GetString()!, schedule.GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble());
        return new { status = "Accepted" };
    }

    /// <summary>The service asks for a start.</summary>
    protected object StartRemotely(string idTag, int? remoteStartId = null)
    {
        Interlocked.Increment(ref _starts);
        Begin(idTag, remoteStartId);
        return new { status = "Accepted" };
    }

    /// <summary>The service asks for a stop of a transaction.</summary>
    protected object StopRemotely(string transactionId)
    {
        Interlocked.Increment(ref _stops);
        lock (_gate)
        {
            if (_running?.Id != transactionId)
                return new { status = "Rejected" };
        }
        End("Remote");
        return new { status = "Accepted" };
    }

    private async Task LiveAsync(TestChargePoint link, CancellationToken stop)
    {
        Answer(link);
        await BootAsync(link);
        await TellStatusAsync(link, charging: _running is { Id: not null });
        while (!stop.IsCancellationRequested && !link.Closed.IsCompleted)
        {
            while (_toTell.TryPeek(out Func<TestChargePoint, Task>? next))
            {
                await next(link);
                _toTell.TryDequeue(out _);
            }
            if (!await _work.WaitAsync(TimeSpan.FromMilliseconds(400), stop))
                await PassTimeAsync(link);
        }
    }

    private async Task PassTimeAsync(TestChargePoint link)
    {
        RoamingTransaction? running;
        double register;
        bool somebodyComes;
        lock (_gate)
        {
            running = _running;
            register = Count();
            somebodyComes = HasCards && _random.Next(6) == 0;
        }
        if (running is { Id: not null })
            await TellMeterAsync(link, running, register);
        else
            await AskAsync(link, "Heartbeat", new { });
        if (!somebodyComes)
            return;
        if (running is null)
            Begin("CARD", remoteStartId: null);
        else if (running.IdTag == "CARD")
            End("Local");
    }

    private double Count() => _register += 1 + _random.Next(10);

    private void Begin(string idTag, int? remoteStartId)
    {
        lock (_gate)
        {
            if (_running is not null || _resting)
                return;
            RoamingTransaction transaction = new(idTag, Now, Count()) { RemoteStartId = remoteStartId };
            _running = transaction;
            _transactions.Enqueue(transaction);
            _toTell.Enqueue(async link =>
            {
                await TellStartAsync(link, transaction);
                transaction.StartAcknowledged = true;
            });
            _toTell.Enqueue(link => TellStatusAsync(link, charging: true));
        }
        _work.Release();
    }

    private void End(string reason)
    {
        lock (_gate)
        {
            if (_running is not { } transaction)
                return;
            _running = null;
            transaction.Stopped = Now;
            transaction.StopReason = reason;
            transaction.MeterStop = Count();
            _toTell.Enqueue(async link =>
            {
                await TellStopAsync(link, transaction);
                transaction.StopAcknowledged = true;
            });
            _toTell.Enqueue(link => TellStatusAsync(link, charging: false));
        }
        _work.Release();
    }
}
