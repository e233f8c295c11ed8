using System.Collections.Concurrent;
using Amps.HardwareSim;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Sandbox;

/// <summary>
/// The sandboxes of all customers (canonical API, section 8): started on first use, stopped when nobody used them for an hour
/// and nothing is due in them. Their charge points connect to the service's own endpoint like any other.
/// </summary>
public sealed partial class Sandboxes(ChargePointDirectory directory, IActionStore actions, LeaseKeeper leases, SandboxOptions options, TimeProvider time, ILogger<Sandboxes> logger)
    : BackgroundService, ISandboxStage
{
    private readonly ConcurrentDictionary<string, Entry> _running = new(StringComparer.Ordinal);

    // Asked for here while another node had them: should that node end, they are wanted here.
    private readonly ConcurrentDictionary<string, long> _wanted = new(StringComparer.Ordinal);
    private readonly SimulationClock _clock = new(time);
    private volatile bool _stopping;

    private sealed class Entry(CustomerSandbox sandbox, Func<Task> start)
    {
        private readonly Lazy<Task> _started = new(start);
        private long _lastUse;

        public CustomerSandbox Sandbox => sandbox;

        public Task Started => _started.Value;

        public long LastUse => Volatile.Read(ref _lastUse);

        public void Touch(long timestamp) => Volatile.Write(ref _lastUse, timestamp);
    }

    /// <summary>Notes that a customer uses its sandbox, and waits for its charge points where they are only now started.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be made now.</exception>
    public ValueTask UseAsync(string customerId)
    {
        if (_stopping)
            return ValueTask.CompletedTask;
        // The charge points of one customer run on one node; the others reach them there.
        return _running.ContainsKey(customerId) ? Use(customerId) : UseUnlessElsewhereAsync(customerId);
    }

    private static string DutyOf(string customerId) => $"sandbox/{customerId}";

    private async ValueTask UseUnlessElsewhereAsync(string customerId)
    {
        _wanted[customerId] = time.GetTimestamp();
        if (await leases.TryHoldAsync(DutyOf(customerId), CancellationToken.None))
            await Use(customerId);
    }

    private ValueTask Use(string customerId)
    {
        Entry entry = _running.GetOrAdd(customerId, id =>
        {
            var sandbox = new CustomerSandbox(id, directory, options, _clock, time);
            return new Entry(sandbox, sandbox.StartAsync);
        });
        entry.Touch(time.GetTimestamp());
        return entry.Started.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(AwaitStartAsync(customerId, entry));
    }

    public async Task PrepareAsync(DeviceId device, ChargerCommand command, SandboxControl control, CancellationToken cancellationToken)
    {
        if (directory.Find(device) is not { ChargePoint: { Environment: ApiEnvironment.Sandbox, CustomerId: { } customer } })
            return;
        await UseAsync(customer);
        if (_running.TryGetValue(customer, out Entry? entry))
            await entry.Sandbox.PrepareAsync(device, command, control, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await LookAsync(stoppingToken);
                await Task.Delay(options.LookEvery, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The service is going down.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        await base.StopAsync(cancellationToken);
        foreach (string customer in _running.Keys)
            await EndAsync(customer);
        await _clock.DisposeAsync();
    }

    /// <summary>Keeps alive what has something due, ends what nobody uses.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (string customer in _running.Keys.Where(customer => !leases.Has(DutyOf(customer))).ToList())
            await EndAsync(customer);
        try
        {
            await TakeOverAsync();
            foreach (string customer in await actions.ListCustomersWithWorkAsync(ApiEnvironment.Sandbox, cancellationToken))
                await UseAsync(customer);
        }
        catch (StorageUnavailableException e)
        {
            // What is due is not known: nothing is ended on a guess.
            LogStorage(e.Message);
            return;
        }
        long now = time.GetTimestamp();
        IEnumerable<string> idle = _running.Where(entry => time.GetElapsedTime(entry.Value.LastUse, now) > options.IdleAfter).Select(entry => entry.Key);
        IEnumerable<string> tooMany = _running.OrderByDescending(entry => entry.Value.LastUse).Skip(options.MaxRunning).Select(entry => entry.Key);
        foreach (string customer in idle.Union(tooMany).ToList())
            await EndAsync(customer);
    }

    /// <summary>Starts what was asked for here and has lost its node: whoever has the lease must run it, since the others wait for that.</summary>
    private async Task TakeOverAsync()
    {
        foreach ((string customer, long at) in _wanted)
        {
            if (time.GetElapsedTime(at) > options.IdleAfter)
            {
                if (_wanted.TryRemove(customer, out _) && !_running.ContainsKey(customer))
                    await leases.DropAsync(DutyOf(customer));
            }
            else if (!_running.ContainsKey(customer) && leases.Has(DutyOf(customer)))
            {
                await Use(customer);
            }
        }
    }

    private async Task AwaitStartAsync(string customerId, Entry entry)
    {
        try
        {
            await entry.Started;
            LogStarted(customerId);
        }
        catch
        {
            // The next use tries again.
            if (_running.TryRemove(KeyValuePair.Create(customerId, entry)))
                await entry.Sandbox.DisposeAsync();
            throw;
        }
    }

    private async Task EndAsync(string customerId)
    {
        if (_running.TryRemove(customerId, out Entry? entry))
        {
            _wanted.TryRemove(customerId, out _);
            await entry.Sandbox.DisposeAsync();
            await leases.DropAsync(DutyOf(customerId));
            LogEnded(customerId);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Sandbox of {CustomerId} is in use")]
    private partial void LogStarted(string customerId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sandbox of {CustomerId} is stopped")]
    private partial void LogEnded(string customerId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sandboxes are not looked at, storage is away: {Reason}")]
    private partial void LogStorage(string reason);
}
