using Amps.Ocpp.Actions;
using Amps.Ocpp.Gateway;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// Start and end of the service in order. Start: store, registry, what an earlier life left open, then the doors. End: no new
/// work, open commands finish, charge points are closed with 1001, everything durable (operator surface, section 3).
/// </summary>
internal sealed partial class ServiceLifetime(
    IStorageLifetime storage,
    IRegistryStore registry,
    ChargePointDirectory directory,
    KeyRing keys,
    IdTokenList idTokens,
    RegistryFeed feed,
    LeaseKeeper leases,
    Lazy<ActionService> actions,
    Lazy<ChargePointGateway> gateway,
    AmpsSettings settings,
    ILogger<ServiceLifetime> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    private bool _storeOpen;

    /// <summary>The service is going down: not ready, no new work.</summary>
    public bool Draining { get; private set; }

    /// <summary>Opens the store; to be called before the host starts, so that a store that cannot be opened is told in one line.</summary>
    public async Task OpenStoreAsync(CancellationToken cancellationToken)
    {
        if (!_storeOpen)
            await storage.StartAsync(cancellationToken);
        _storeOpen = true;
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await OpenStoreAsync(cancellationToken);
        await leases.BeginAsync(cancellationToken);
        await feed.BeginAsync(cancellationToken);
        RegistryContents contents = await registry.LoadAsync(cancellationToken);
        directory.Load(contents.ChargePoints);
        keys.Load(contents.Customers, contents.Keys);
        idTokens.Load(contents.IdTokens);
        if (settings.BootstrapOperatorKey is { } key)
            await keys.EnsureOperatorKeyAsync(key, cancellationToken);
        await actions.Value.RecoverAsync(cancellationToken);
        LogLoaded(contents.ChargePoints.Count, contents.Customers.Count);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Draining = true;
        LogDraining();
        await actions.Value.DrainAsync(CommandLimit);
        await gateway.Value.DrainAsync(CloseLimit);
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await leases.EndAsync();
        await storage.StopAsync(CancellationToken.None);
        LogStopped();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Loaded {ChargePoints} charge points of {Customers} customers")]
    private partial void LogLoaded(int chargePoints, int customers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Going down: finishing open commands, closing charge points")]
    private partial void LogDraining();

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped; everything is on disk")]
    private partial void LogStopped();
}
