using System.Text;

using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Our calls to a charge point: order, time-outs, late answers, lost links.</summary>
public sealed class CallTests
{
    private static readonly byte[] s_payload = """{"type":"Soft"}"""u8.ToArray();

    [Fact]
    [Trait("row", "C8")]
    public async Task Ten_calls_at_once_go_out_one_by_one_in_order_and_are_answered_each()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var calls = Enumerable.Range(0, 10).Select(i => link.Connection.CallAsync("Action" + i, s_payload)).ToList();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 10; i++)
        {
            var call = await chargePoint.ReceiveJsonAsync();
            Assert.Equal(0, chargePoint.Socket.Available);
            Assert.Equal((2, "Action" + i, """{"type":"Soft"}"""), (call[0].GetInt32(), call[2].GetString(), call[3].GetRawText()));
            Assert.InRange(call[1].GetString()!.Length, 1, 36);
            Assert.True(ids.Add(call[1].GetString()!));
            await chargePoint.SendAsync($$"""[3,"{{call[1]}}",{"n":{{i}}}]""");
            var outcome = await calls[i].WaitAsync(RawChargePoint.Patience);
            Assert.Equal((CallOutcomeKind.Result, $$"""{"n":{{i}}}"""), (outcome.Kind, Encoding.UTF8.GetString(outcome.Payload.Span)));
            Assert.Equal(call[1].GetString(), outcome.MessageId);
        }
    }

    [Fact]
    [Trait("row", "C8")]
    public async Task The_queue_is_bounded()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var calls = Enumerable.Range(0, 66).Select(_ => link.Connection.CallAsync("Reset", s_payload)).ToList();
        Assert.Equal((CallOutcomeKind.QueueFull, false), await Outcome(calls[65]));
        Assert.All(calls.Take(65), call => Assert.False(call.IsCompleted));
        GC.KeepAlive(chargePoint);
    }

    [Theory]
    [Trait("row", "C19")]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_wall_clock_that_is_set_changes_no_time_out(int hours)
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock, liveness: new LivenessOptions());
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("First", s_payload, TimeSpan.FromSeconds(30));
        await chargePoint.ReceiveJsonAsync();
        clock.SetWallClock(TimeSpan.FromHours(hours));
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        Assert.Null(link.Connection.Reason);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((CallOutcomeKind.TimedOut, true), await Outcome(call));
    }

    [Fact]
    [Trait("row", "C8")]
    [Trait("row", "C10")]
    [Trait("row", "R18")]
    public async Task Each_call_times_out_counted_from_its_sending_and_a_late_answer_is_reported()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock);
        var (chargePoint, link) = await server.ConnectAsync();
        var correlation = new object();
        var first = link.Connection.CallAsync("First", s_payload, TimeSpan.FromSeconds(30), correlation);
        var second = link.Connection.CallAsync("Second", s_payload, TimeSpan.FromSeconds(30));
        var firstId = (await chargePoint.ReceiveJsonAsync())[1].GetString();
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((CallOutcomeKind.TimedOut, true), await Outcome(first));
        var secondCall = await chargePoint.ReceiveJsonAsync();
        Assert.Equal("Second", secondCall[2].GetString());
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(second.IsCompleted);
        await chargePoint.SendAsync($$"""[3,"{{firstId}}",{"status":"Accepted"}]""");
        await chargePoint.SendAsync($$"""[3,"{{firstId}}",{"status":"Accepted"}]""");
        await chargePoint.SendAsync($$"""[3,"{{secondCall[1]}}",{}]""");
        Assert.Equal((CallOutcomeKind.Result, true), await Outcome(second));
        var late = link.Handler.LateAnswers.Single();
        Assert.Equal(("First", correlation, TimeSpan.FromSeconds(59)), (late.Action, late.Correlation, late.After));
        Assert.Equal("""{"status":"Accepted"}""", Encoding.UTF8.GetString(late.Outcome.Payload.Span));
        Assert.Contains(server.Log.Entries, entry => entry.Text.Contains("late answer to First", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("row", "C10")]
    public async Task The_default_time_out_is_sixty_seconds()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock);
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", s_payload);
        await chargePoint.ReceiveAsync();
        clock.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(call.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((CallOutcomeKind.TimedOut, true), await Outcome(call));
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    [Trait("row", "R17")]
    public async Task The_first_of_two_answers_counts()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", s_payload);
        var id = (await chargePoint.ReceiveJsonAsync())[1].GetString();
        await chargePoint.SendAsync($$"""[3,"{{id}}",{"n":1}]""");
        await chargePoint.SendAsync($$"""[4,"{{id}}","GenericError","",{}]""");
        var outcome = await call.WaitAsync(RawChargePoint.Patience);
        Assert.Equal("""{"n":1}""", Encoding.UTF8.GetString(outcome.Payload.Span));
        Assert.Equal("""[3,"1",{}]""", await Ask(chargePoint, """[2,"1","Heartbeat",{}]"""));
        Assert.Empty(link.Handler.LateAnswers);
    }

    [Theory]
    [InlineData("\"NoSuchCode\",\"text\",{\"a\":1}", "NoSuchCode", "text", "{\"a\":1}")]
    [InlineData("\"GenericError\",\"\",null", "GenericError", "", "{}")]
    [InlineData("\"GenericError\",null", "GenericError", "", "{}")]
    [InlineData("\"GenericError\"", "GenericError", "", "{}")]
    [InlineData("17,\"\\ud800\",[]", "17", "\\ud800", "[]")]
    [InlineData("", "", "", "{}")]
    [Trait("row", "R20")]
    public async Task An_unusual_error_is_taken(string elements, string code, string description, string details)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", s_payload);
        var id = (await chargePoint.ReceiveJsonAsync())[1].GetString();
        await chargePoint.SendAsync($"[4,\"{id}\"{(elements.Length > 0 ? "," + elements : string.Empty)}]");
        var outcome = await call.WaitAsync(RawChargePoint.Patience);
        Assert.Equal(CallOutcomeKind.Error, outcome.Kind);
        Assert.Equal((code, description, details), (outcome.ErrorCode, outcome.ErrorDescription, Encoding.UTF8.GetString(outcome.ErrorDetails.Span)));
    }

    [Theory]
    [InlineData("", "{}")]
    [InlineData(",null", "null")]
    [InlineData(",[1]", "[1]")]
    public async Task A_result_without_an_object_reaches_the_caller(string payload, string expected)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var call = link.Connection.CallAsync("Reset", s_payload);
        var id = (await chargePoint.ReceiveJsonAsync())[1].GetString();
        await chargePoint.SendAsync($"[3,\"{id}\"{payload}]");
        Assert.Equal(expected, Encoding.UTF8.GetString((await call.WaitAsync(RawChargePoint.Patience)).Payload.Span));
    }

    [Fact]
    [Trait("row", "C9")]
    public async Task Crossing_calls_are_both_answered()
    {
        var gate = new TaskCompletionSource();
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = Slow });
        var (chargePoint, link) = await server.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            gate = new TaskCompletionSource();
            var call = link.Connection.CallAsync("Reset", s_payload);
            await chargePoint.SendAsync($$"""[2,"{{i}}","StartTransaction",{}]""");
            var ours = await chargePoint.ReceiveJsonAsync();
            await chargePoint.SendAsync($$"""[3,"{{ours[1]}}",{}]""");
            Assert.Equal((CallOutcomeKind.Result, true), await Outcome(call));
            gate.SetResult();
            Assert.Equal($$"""[3,"{{i}}",{}]""", await chargePoint.ReceiveAsync());
        }

        async ValueTask<CallAnswer> Slow(IncomingCall call)
        {
            await gate.Task;
            return CallAnswer.Result(RecordingHandler.EmptyObject);
        }
    }

    [Fact]
    [Trait("row", "C11")]
    public async Task A_link_closed_by_us_settles_calls_and_takes_no_more()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var sent = link.Connection.CallAsync("RemoteStartTransaction", s_payload);
        var waiting = link.Connection.CallAsync("RemoteStartTransaction", s_payload);
        await chargePoint.ReceiveAsync();
        await link.Connection.CloseAsync(1008, "replaced");
        Assert.Equal((CallOutcomeKind.ConnectionLost, true), await Outcome(sent));
        Assert.Equal((CallOutcomeKind.ConnectionLost, false), await Outcome(waiting));
        Assert.Equal((CallOutcomeKind.ConnectionLost, false), await Outcome(link.Connection.CallAsync("Reset", s_payload)));
        Assert.Equal(1008, await chargePoint.ReceiveCloseAsync());
        await chargePoint.SendAsync("""[2,"1","Heartbeat",{}]""");
        await chargePoint.SendFrameAsync(RawChargePoint.Close, [0x03, 0xF0]);
        Assert.Equal(new CloseReason(CloseKind.ClosedByUs, 1008, "replaced"), await link.EndAsync());
        Assert.Empty(link.Handler.Calls);
    }

    [Fact]
    public async Task A_peer_that_does_not_close_its_side_is_cut_off()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock);
        var (chargePoint, link) = await server.ConnectAsync();
        await link.Connection.CloseAsync(1001, new string('ä', 200));
        Assert.Equal(1001, await chargePoint.ReceiveCloseAsync());
        Assert.False(link.Run.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((CloseKind.ClosedByUs, 1001), ((await link.EndAsync()).Kind, link.Connection.Reason!.Code));
    }

    [Fact]
    public async Task An_abort_ends_a_reader_that_waits()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        link.Connection.Abort();
        Assert.Equal(CloseKind.Aborted, (await link.EndAsync()).Kind);
        Assert.Null(await chargePoint.ReceiveCloseAsync());
    }

    [Fact]
    public async Task A_caller_may_give_up_before_or_after_the_sending()
    {
        var clock = new ManualTimeProvider();
        await using var server = await LinkServer.StartAsync(time: clock);
        var (chargePoint, link) = await server.ConnectAsync();
        using var giveUpSent = new CancellationTokenSource();
        using var giveUpWaiting = new CancellationTokenSource();
        var sent = link.Connection.CallAsync("Sent", s_payload, cancellationToken: giveUpSent.Token);
        var waiting = link.Connection.CallAsync("Waiting", s_payload, cancellationToken: giveUpWaiting.Token);
        var last = link.Connection.CallAsync("Last", s_payload);
        var never = link.Connection.CallAsync("Never", s_payload, cancellationToken: new CancellationToken(canceled: true));
        Assert.Equal((CallOutcomeKind.Cancelled, false), await Outcome(never));
        var id = (await chargePoint.ReceiveJsonAsync())[1].GetString();
        await giveUpWaiting.CancelAsync();
        Assert.Equal((CallOutcomeKind.Cancelled, false), await Outcome(waiting));
        await giveUpSent.CancelAsync();
        Assert.Equal((CallOutcomeKind.Cancelled, true), await Outcome(sent));
        await chargePoint.SendAsync($$"""[3,"{{id}}",{}]""");
        var lastCall = await chargePoint.ReceiveJsonAsync();
        Assert.Equal("Last", lastCall[2].GetString());
        await chargePoint.SendAsync($$"""[3,"{{lastCall[1]}}",{}]""");
        Assert.Equal((CallOutcomeKind.Result, true), await Outcome(last));
        Assert.Equal("Sent", link.Handler.LateAnswers.Single().Action);
        Assert.Equal(0, clock.ActiveTimers);
    }

    private static async Task<string> Ask(RawChargePoint chargePoint, string text)
    {
        await chargePoint.SendAsync(text);
        return await chargePoint.ReceiveAsync();
    }

    private static async Task<(CallOutcomeKind Kind, bool Sent)> Outcome(Task<CallOutcome> call)
    {
        var outcome = await call.WaitAsync(RawChargePoint.Patience);
        return (outcome.Kind, outcome.Sent);
    }
}
