using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>Fires scheduled actions and ends windows when their time has come: one loop, one timer, for all devices.</summary>
public sealed partial class ActionScheduler(Agenda agenda, ActionService actions, ActionsOptions options, TimeProvider time, ILogger<ActionScheduler> logger) : BackgroundService
{
    /// <summary>Looked at again at least this often, since the wall clock may have been set.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                Task earlier = agenda.Earlier;
                DateTimeOffset now = time.GetUtcNow();
                (ActionRecord? due, DateTimeOffset? next) = agenda.Take(now);
                if (due is not null)
                {
                    // Many may be due at once; none waits for another's charger.
                    _ = RunAsync(due);
                    continue;
                }
                TimeSpan sleep = next - now is { } until && until < LongestSleep ? until : LongestSleep;
                await Task.WhenAny(earlier, Task.Delay(sleep, time, stoppingToken));
            }
        }
        catch (OperationCanceledException)
        {
            // What is down stays in the store.
        }
    }

    private async Task RunAsync(ActionRecord due)
    {
        try
        {
            if (due.State == ActionState.Scheduled)
                await actions.FireAsync(due);
            else if (due is { State: ActionState.Acknowledged, DispatchedAt: null })
                await actions.ResumeAsync(due);
            else if (!await actions.CloseWindowAsync(due))
                agenda.Add(due, time.GetUtcNow() + options.WindowRetry);
        }
        catch (StorageUnavailableException e)
        {
            LogStorage(due.Id, e.Message);
            agenda.Add(due, time.GetUtcNow() + options.WindowRetry);
        }
        catch (OperationCanceledException)
        {
            // Going down; it is found again in the store.
        }
        catch (Exception e)
        {
            LogFailed(e, due.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Action {ActionId} is due and storage is away: {Reason}; tried again")]
    private partial void LogStorage(ActionId actionId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Action {ActionId} was due and failed")]
    private partial void LogFailed(Exception exception, ActionId actionId);
}
