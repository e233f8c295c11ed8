using System.Security.Cryptography;
using System.Text;

using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;
using Amps.Ocpp.Ocppj.Link;

namespace Amps.Ocpp.Ocppj;

/// <summary>Our calls to the charge point: first in, first out, one outstanding (OCPP-J 1.6 §4.1.1, OCPP 2.x part 4 §4.1.1).</summary>
internal sealed class CallQueue(LinkContext link, OutboundGate outbound)
{
    private const int RememberedCalls = 8;

    private readonly Lock _gate = new();
    private string? _idPrefix;
    private uint _lastId;
    private PendingCall? _outstanding;
    private PendingCall? _head;
    private PendingCall? _tail;
    private int _waiting;
    private List<PendingCall>? _givenUp;
    private bool _closed;

    public Task<CallOutcome> CallAsync(PendingCall call, CancellationToken cancellationToken)
    {
        bool isFirst;
        lock (_gate)
        {
            if (_closed)
            {
                return Task.FromResult(CallOutcome.ConnectionLost(string.Empty, sent: false));
            }

            isFirst = _outstanding is null;
            if (isFirst)
            {
                _outstanding = call;
            }
            else if (_waiting < link.Options.MaxQueuedCalls)
            {
                Enqueue(call);
            }
            else
            {
                return Task.FromResult(CallOutcome.QueueFull);
            }
        }

        if (cancellationToken.CanBeCanceled)
        {
            call.Cancellation = cancellationToken.UnsafeRegister(static state => ((PendingCall)state!).Queue.Cancel((PendingCall)state), call);
        }

        if (isFirst)
        {
            Send(call);
        }

        return call.Task;
    }

    /// <summary>Takes a CALLRESULT or CALLERROR. False: no call of ours has this id, or it was answered before.</summary>
    /// <param name="frame">The answer.</param>
    /// <param name="late">What to report if the call had been given up.</param>
    public bool TryAnswer(in Frame frame, out LateAnswer? late)
    {
        late = null;
        PendingCall? call;
        PendingCall? next = null;
        lock (_gate)
        {
            call = _outstanding;
            if (call is not null && Matches(call, frame.Id))
            {
                next = TakeNext();
            }
            else
            {
                call = Forget(frame.Id);
            }
        }

        if (call is null)
        {
            return false;
        }

        var outcome = ToOutcome(call.MessageId, frame);
        if (!call.Settle(outcome))
        {
            late = new LateAnswer(call.Action, call.Correlation, outcome, link.Time.GetElapsedTime(call.SentAt));
        }

        Send(next);
        return true;
    }

    /// <summary>Settles every call once; none is accepted afterwards.</summary>
    public void Close()
    {
        PendingCall? outstanding;
        PendingCall? waiting;
        bool isSent;
        lock (_gate)
        {
            _closed = true;
            outstanding = _outstanding;
            isSent = outstanding?.IsSent ?? false;
            waiting = _head;
            _outstanding = _head = _tail = null;
            _givenUp = null;
        }

        outstanding?.Settle(CallOutcome.ConnectionLost(outstanding.MessageId, isSent));
        for (; waiting is not null; waiting = waiting.Next)
        {
            waiting.Settle(CallOutcome.ConnectionLost(string.Empty, sent: false));
        }
    }

    private static bool Matches(PendingCall call, ReadOnlyMemory<byte> id) => call.IsSent && Ascii.Equals(id.Span, call.MessageId);

    private static CallOutcome ToOutcome(string messageId, in Frame frame) => frame.Type == RpcMessageTypes.CallResult
        ? CallOutcome.Result(messageId, frame.Payload.ToArray())
        : CallOutcome.Error(messageId, frame.ErrorCode!, frame.ErrorDescription!, frame.Payload.ToArray());

    private void Send(PendingCall? call)
    {
        while (call is not null && !TrySend(call))
        {
            lock (_gate)
            {
                call = ReferenceEquals(_outstanding, call) ? TakeNext() : null;
            }
        }
    }

    private bool TrySend(PendingCall call)
    {
        lock (_gate)
        {
            // Whoever ended the call before this point was told that it was not sent.
            if (!ReferenceEquals(_outstanding, call) || call.Task.IsCompleted)
            {
                return false;
            }

            _idPrefix ??= Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            call.SentAt = link.Time.GetTimestamp();
            call.MessageId = $"{_idPrefix}-{++_lastId}";
        }

        call.Timer = link.Time.CreateTimer(static state => ((PendingCall)state!).Queue.TimeOut((PendingCall)state), call, call.Timeout, Timeout.InfiniteTimeSpan);
        if (outbound.TrySend(FrameWriter.Call(call.MessageId, call.Action, call.Payload.Span)))
        {
            return true;
        }

        call.Settle(CallOutcome.ConnectionLost(call.MessageId, sent: false));
        return false;
    }

    private void TimeOut(PendingCall call)
    {
        PendingCall? next;
        lock (_gate)
        {
            if (!ReferenceEquals(_outstanding, call))
            {
                return;
            }

            Remember(call);
            next = TakeNext();
        }

        OcppjMetrics.CallTimeouts.Add(1);
        OcppjLog.CallTimedOut(link.Logger, link.Identity, call.Action, call.MessageId, call.Timeout);
        call.Settle(CallOutcome.TimedOut(call.MessageId));
        Send(next);
    }

    /// <summary>A sent call keeps its place until its answer or time-out: the charge point still works on it.</summary>
    private void Cancel(PendingCall call)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_outstanding, call))
            {
                Unlink(call);
            }

            call.TrySetResult(CallOutcome.Cancelled(call.MessageId, call.IsSent));
        }
    }

    private void Enqueue(PendingCall call)
    {
        if (_tail is null)
        {
            _head = call;
        }
        else
        {
            _tail.Next = call;
        }

        _tail = call;
        _waiting++;
    }

    private PendingCall? TakeNext()
    {
        _outstanding = _head;
        if (_head is not null)
        {
            _head = _head.Next;
            _outstanding!.Next = null;
            _waiting--;
        }

        if (_head is null)
        {
            _tail = null;
        }

        return _outstanding;
    }

    private void Unlink(PendingCall call)
    {
        PendingCall? before = null;
        for (var current = _head; current is not null; before = current, current = current.Next)
        {
            if (!ReferenceEquals(current, call))
            {
                continue;
            }

            if (before is null)
            {
                _head = call.Next;
            }
            else
            {
                before.Next = call.Next;
            }

            _tail = ReferenceEquals(_tail, call) ? before : _tail;
            _waiting--;
            return;
        }
    }

    private void Remember(PendingCall call)
    {
        _givenUp ??= [];
        if (_givenUp.Count == RememberedCalls)
        {
            _givenUp.RemoveAt(0);
        }

        _givenUp.Add(call);
    }

    private PendingCall? Forget(ReadOnlyMemory<byte> id)
    {
        var index = _givenUp?.FindIndex(call => Matches(call, id)) ?? -1;
        if (index < 0)
        {
            return null;
        }

        var call = _givenUp![index];
        _givenUp.RemoveAt(index);
        return call;
    }
}
