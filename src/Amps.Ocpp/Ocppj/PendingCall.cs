namespace Amps.Ocpp.Ocppj;

/// <summary>A call of ours between its caller and its answer; also the task that the caller awaits.</summary>
internal sealed class PendingCall(CallQueue queue, string action, ReadOnlyMemory<byte> payload, TimeSpan timeout, object? correlation)
    : TaskCompletionSource<CallOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public CallQueue Queue { get; } = queue;

    public string Action { get; } = action;

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public TimeSpan Timeout { get; } = timeout;

    public object? Correlation { get; } = correlation;

    /// <summary>Empty until it is sent.</summary>
    public string MessageId { get; set; } = string.Empty;

    public long SentAt { get; set; }

    public ITimer? Timer { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    /// <summary>The call behind this one in the queue.</summary>
    public PendingCall? Next { get; set; }

    public bool IsSent => MessageId.Length > 0;

    /// <summary>Ends the caller's wait; false if it had ended before.</summary>
    public bool Settle(CallOutcome outcome)
    {
        Timer?.Dispose();
        Cancellation.Unregister();
        return TrySetResult(outcome);
    }
}
