using System.Collections.Concurrent;
using System.Text;

using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Answers by a function of the test and keeps what it was told.</summary>
internal sealed class RecordingHandler : IOcppCallHandler
{
    public static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public Func<IncomingCall, ValueTask<CallAnswer>> Answer { get; set; } = _ => ValueTask.FromResult(CallAnswer.Result(EmptyObject));

    public ConcurrentQueue<(string MessageId, string Action, string Payload, bool PayloadWasNull)> Calls { get; } = new();

    public ConcurrentQueue<object> Reactions { get; } = new();

    public ConcurrentQueue<LateAnswer> LateAnswers { get; } = new();

    public ConcurrentQueue<(string MessageId, string Code, string Description)> RefusedResults { get; } = new();

    public Action<object>? Answered { get; set; }

    public ValueTask<CallAnswer> HandleAsync(IncomingCall call)
    {
        Calls.Enqueue((call.MessageId, call.Action, Encoding.UTF8.GetString(call.Payload.Span), call.PayloadWasNull));
        return Answer(call);
    }

    public void OnAnswered(object reaction)
    {
        Reactions.Enqueue(reaction);
        Answered?.Invoke(reaction);
    }

    public void OnLateAnswer(LateAnswer answer) => LateAnswers.Enqueue(answer);

    public void OnResultRefused(string messageId, string code, string description) => RefusedResults.Enqueue((messageId, code, description));
}
