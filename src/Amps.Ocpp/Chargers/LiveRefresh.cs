namespace Amps.Ocpp.Chargers;

/// <summary>
/// A live read (charger behaviour, section 6): both triggers, then the charger's own reports. Readers that ask while one is
/// under way share it, so that no number of them makes more than one round of calls.
/// </summary>
internal sealed class LiveRefresh(Charger charger)
{
    private Task<bool>? _running;

    public Task<bool> RunAsync(TimeSpan budget)
    {
        if (Volatile.Read(ref _running) is { IsCompleted: false } running)
            return running;
        var mine = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<bool>? before = _running;
        if (before is { IsCompleted: false } || Interlocked.CompareExchange(ref _running, mine.Task, before) != before)
            return Volatile.Read(ref _running)!;
        _ = CompleteAsync(mine, budget);
        return mine.Task;
    }

    private async Task CompleteAsync(TaskCompletionSource<bool> mine, TimeSpan budget)
    {
        try
        {
            mine.TrySetResult(await AskAsync(budget));
        }
        catch (OperationCanceledException)
        {
            mine.TrySetResult(false);
        }
        catch (Exception e)
        {
            mine.TrySetException(e);
        }
    }

    private async Task<bool> AskAsync(TimeSpan budget)
    {
        ChargePoint chargePoint = charger.ChargePoint;
        using var deadline = new Deadline(chargePoint.Services.Time, budget, CancellationToken.None);
        if (!chargePoint.IsReady || chargePoint.Session is not { } session)
            return false;
        DateTimeOffset asked = chargePoint.Services.Time.GetUtcNow();
        bool status = await AskForAsync(session, TriggerKind.Status, asked, deadline);
        bool meter = await AskForAsync(session, TriggerKind.Meter, asked, deadline);
        return status || meter;
    }

    /// <summary>One trigger and the report it asks for.</summary>
    private async Task<bool> AskForAsync(IChargePointSession session, TriggerKind kind, DateTimeOffset asked, Deadline deadline)
    {
        long sequence = charger.State.Sequence;
        CallAnswerSummary answer;
        try
        {
            answer = await session.TriggerAsync(kind, charger.ConnectorId, deadline.Token).WaitAsync(deadline.Left, charger.ChargePoint.Services.Time);
        }
        catch (TimeoutException)
        {
            return charger.State.ObservedAt >= asked;
        }
        if (!answer.Accepted)
            return false;
        WaitEnd end = await charger.WaitAsync(
            state => state.Sequence > sequence && state.ObservedAt >= asked, deadline.Left, charger.ChargePoint.Services.Time, CancellationToken.None);
        return end == WaitEnd.Met;
    }
}
