using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;

namespace Amps.Ocpp.Actions;

/// <summary>On the one node of several that has this duty: looks for actions of nodes that died, and for what is due soon.</summary>
public sealed partial class ActionSweeper(ActionService actions, LeaseKeeper leases, NodesOptions options, TimeProvider time, ILogger<ActionSweeper> logger) : BackgroundService
{
    private const string Duty = "duty/actions";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Shared)
            return;
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (leases.Has(Duty))
                    await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Another node takes the duty over.
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            await actions.SweepAsync(stoppingToken);
        }
        catch (StorageUnavailableException e)
        {
            LogStorage(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Actions are not looked at, storage is away: {Reason}")]
    private partial void LogStorage(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for actions of other nodes failed")]
    private partial void LogFailed(Exception exception);
}
