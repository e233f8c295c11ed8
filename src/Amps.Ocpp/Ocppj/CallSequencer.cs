using System.Text.Json;

using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Framing;
using Amps.Ocpp.Ocppj.Link;

namespace Amps.Ocpp.Ocppj;

/// <summary>
/// The charge point's calls, handled one at a time and answered in order. The reader hands them in and goes on; those that find
/// one in work wait here.
/// </summary>
internal sealed class CallSequencer(LinkContext link, OutboundGate outbound, IOcppCallHandler handler)
{
    private const int MaxWaitingBytes = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly ReplyCache _replies = new();
    private Queue<WaitingCall>? _waiting;
    private TaskCompletionSource? _room;
    private int _unanswered;
    private int _waitingBytes;

    /// <summary>False while so many calls are unanswered that no more should be read.</summary>
    public bool HasRoom => Volatile.Read(ref _unanswered) < link.Options.MaxPendingIncoming && Volatile.Read(ref _waitingBytes) < MaxWaitingBytes;

    /// <summary>Handles a CALL or SEND. True: its buffer is kept and will be returned here.</summary>
    public bool Accept(in Frame frame, byte[] buffer)
    {
        if (Volatile.Read(ref _unanswered) > 0 && TryEnqueue(frame, buffer))
        {
            return true;
        }

        var handling = HandleAsync(frame);
        if (handling.IsCompletedSuccessfully)
        {
            Answer(frame, handling.Result);
            return false;
        }

        Volatile.Write(ref _unanswered, 1);
        _ = FinishAsync(handling, frame, buffer);
        return true;
    }

    /// <summary>Ends when there is room again.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (HasRoom)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    private bool TryEnqueue(in Frame frame, byte[] buffer)
    {
        lock (_gate)
        {
            if (_unanswered == 0)
            {
                return false;
            }

            (_waiting ??= new Queue<WaitingCall>()).Enqueue(new WaitingCall(frame, buffer));
            _unanswered++;
            _waitingBytes += buffer.Length;
            return true;
        }
    }

    private ValueTask<CallAnswer> HandleAsync(in Frame frame)
    {
        ReadOnlyMemory<byte> result = default;
        switch (frame.Type == RpcMessageTypes.Send ? Repetition.New : _replies.Find(frame, out result))
        {
            case Repetition.Same:
                return new ValueTask<CallAnswer>(CallAnswer.Result(result));
            case Repetition.OtherContent:
                link.ReportViolation("RepeatedId", "A message id was used again for another call.");
                return new ValueTask<CallAnswer>(CallAnswer.Error(link.Options.Codes.RepeatedMessageId, "The message id was used for another call."));
        }

        try
        {
            return handler.HandleAsync(new IncomingCall(frame));
        }
        catch (Exception exception)
        {
            return new ValueTask<CallAnswer>(Refuse(exception, frame));
        }
    }

    private async Task FinishAsync(ValueTask<CallAnswer> handling, Frame frame, byte[] buffer)
    {
        while (true)
        {
            CallAnswer answer;
            try
            {
                answer = await handling;
            }
            catch (Exception exception)
            {
                answer = Refuse(exception, frame);
            }

            Answer(frame, answer);
            link.Return(buffer);
            if (!TryTakeNext(out var next))
            {
                return;
            }

            (frame, buffer) = (next.Frame, next.Buffer);
            handling = HandleAsync(frame);
        }
    }

    private bool TryTakeNext(out WaitingCall next)
    {
        TaskCompletionSource? room;
        bool found;
        lock (_gate)
        {
            next = default;
            found = false;
            _unanswered--;
            while (!found && _waiting is not null && _waiting.TryDequeue(out next))
            {
                _waitingBytes -= next.Buffer.Length;
                found = link.Reason is null;
                if (!found)
                {
                    // The link ended before the call was begun: the charge point will repeat it on its next one.
                    link.Return(next.Buffer);
                    _unanswered--;
                }
            }

            (room, _room) = (_room, null);
        }

        room?.TrySetResult();
        return found;
    }

    private CallAnswer Refuse(Exception exception, in Frame frame)
    {
        if (exception is JsonException)
        {
            link.ReportViolation("Payload", "The payload does not fit its action.");
            return CallAnswer.Error(link.Options.Codes.FormatViolation, "The payload does not fit the action.");
        }

        OcppjLog.HandlerFailed(link.Logger, exception, link.Identity, frame.Action!);
        return CallAnswer.Error(link.Options.Codes.InternalError, "The call could not be processed.");
    }

    private void Answer(in Frame frame, CallAnswer answer)
    {
        if (frame.Type == RpcMessageTypes.Call)
        {
            if (answer.ErrorCode is { } code)
            {
                outbound.TrySend(FrameWriter.CallError(frame.Id.Span, code, answer.ErrorDescription ?? string.Empty, answer.Json.Span));
            }
            else
            {
                _replies.Add(frame, answer.Json);
                outbound.TrySend(FrameWriter.CallResult(frame.Id.Span, answer.Json.Span));
            }
        }

        if (answer.Reaction is null)
        {
            return;
        }

        try
        {
            handler.OnAnswered(answer.Reaction);
        }
        catch (Exception exception)
        {
            OcppjLog.HandlerFailed(link.Logger, exception, link.Identity, frame.Action!);
        }
    }

    private readonly record struct WaitingCall(Frame Frame, byte[] Buffer);
}
