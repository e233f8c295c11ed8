using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>The charge point's calls: order, repetition, back-pressure, failing handlers.</summary>
public sealed class IncomingCallTests
{
    [Fact]
    [Trait("row", "R21")]
    public async Task A_repeated_call_gets_the_same_answer_and_has_no_second_effect()
    {
        var number = 0;
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler
        {
            Answer = _ => ValueTask.FromResult(CallAnswer.Result(System.Text.Encoding.UTF8.GetBytes($$"""{"transactionId":{{++number}}}"""), reaction: number)),
        });
        var (chargePoint, link) = await server.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("""[3,"a",{"transactionId":1}]""", await Ask(chargePoint, """[2,"a","StartTransaction",{"connectorId":1}]"""));
        }

        Assert.Single(link.Handler.Calls);
        Assert.Single(link.Handler.Reactions);
    }

    [Fact]
    [Trait("row", "R21")]
    public async Task A_call_repeated_while_the_first_is_in_work_gets_the_same_answer()
    {
        var gate = new TaskCompletionSource();
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = _ => After(gate.Task) });
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendAsync("""[2,"a","StartTransaction",{}]""");
        await chargePoint.SendAsync("""[2,"a","StartTransaction",{}]""");
        await Until(() => !link.Handler.Calls.IsEmpty);
        gate.SetResult();
        Assert.Equal("""[3,"a",{}]""", await chargePoint.ReceiveAsync());
        Assert.Equal("""[3,"a",{}]""", await chargePoint.ReceiveAsync());
        Assert.Single(link.Handler.Calls);
    }

    [Fact]
    [Trait("row", "R21")]
    public async Task A_call_that_failed_may_be_repeated_with_its_id()
    {
        var fails = true;
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler
        {
            Answer = _ => ValueTask.FromResult(fails ? CallAnswer.Error("InternalError", "Not stored.") : CallAnswer.Result(RecordingHandler.EmptyObject)),
        });
        var (chargePoint, _) = await server.ConnectAsync();
        Assert.Equal("""[4,"a","InternalError","Not stored.",{}]""", await Ask(chargePoint, """[2,"a","StopTransaction",{}]"""));
        fails = false;
        Assert.Equal("""[3,"a",{}]""", await Ask(chargePoint, """[2,"a","StopTransaction",{}]"""));
    }

    [Theory]
    [InlineData("GenericError")]
    [InlineData("RpcFrameworkError")]
    [Trait("row", "R22")]
    public async Task An_id_used_again_for_other_content_is_refused_without_effect(string code)
    {
        await using var server = await LinkServer.StartAsync(code == "GenericError" ? OcppConnectionOptions.Ocpp16() : OcppConnectionOptions.Ocpp201());
        var (chargePoint, link) = await server.ConnectAsync();
        await Ask(chargePoint, """[2,"a","StatusNotification",{"connectorId":1}]""");
        var answer = await chargePoint.AskAsync("""[2,"a","StatusNotification",{"connectorId":2}]""");
        Assert.Equal((4, "a", code), (answer[0].GetInt32(), answer[1].GetString(), answer[2].GetString()));
        Assert.Single(link.Handler.Calls);
    }

    [Fact]
    [Trait("row", "R23")]
    public async Task Calls_that_come_before_the_first_is_answered_are_handled_in_order_and_the_seventeenth_is_not_read()
    {
        var gates = Enumerable.Range(0, 60).Select(_ => new TaskCompletionSource()).ToArray();
        var taken = -1;
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = _ => After(gates[++taken].Task) });
        var (chargePoint, link) = await server.ConnectAsync();
        for (var i = 0; i < 60; i++)
        {
            await chargePoint.SendAsync($$"""[2,"{{i}}","MeterValues",{"i":{{i}}}]""");
        }

        await Until(() => link.Connection.IsPaused);
        Assert.Single(link.Handler.Calls);
        for (var i = 0; i < 60; i++)
        {
            gates[i].SetResult();
            Assert.Equal($$"""[3,"{{i}}",{}]""", await chargePoint.ReceiveAsync());
        }

        Assert.Equal(Enumerable.Range(0, 60).Select(i => $$"""{"i":{{i}}}"""), link.Handler.Calls.Select(call => call.Payload));
    }

    [Fact]
    [Trait("row", "R23")]
    public async Task Calls_that_wait_when_the_link_ends_are_not_handled()
    {
        var gate = new TaskCompletionSource();
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = _ => After(gate.Task) });
        var (chargePoint, link) = await server.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await chargePoint.SendAsync($$"""[2,"{{i}}","MeterValues",{}]""");
        }

        await Until(() => link.Connection.IsPaused);
        link.Connection.Abort();
        await link.EndAsync();
        gate.SetResult();
        Assert.Single(link.Handler.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("row", "D18")]
    public async Task A_handler_that_throws_gives_an_internal_error_and_the_link_stays(bool isSynchronous)
    {
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = Fail });
        server.ExpectsErrors = true;
        var (chargePoint, _) = await server.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            var answer = await chargePoint.AskAsync("""[2,"a","Heartbeat",{}]""");
            Assert.Equal((4, "a", "InternalError"), (answer[0].GetInt32(), answer[1].GetString(), answer[2].GetString()));
            Assert.DoesNotContain("secret", answer[3].GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(2, server.Log.Errors.Count());

        async ValueTask<CallAnswer> Late()
        {
            await Task.Yield();
            throw new InvalidOperationException("secret");
        }

        ValueTask<CallAnswer> Fail(IncomingCall call) => isSynchronous ? throw new InvalidOperationException("secret") : Late();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_answer_goes_out_before_what_its_reaction_sends(bool isSynchronous)
    {
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler { Answer = Answer });
        var (chargePoint, link) = await server.ConnectAsync();
        link.Handler.Answered = reaction => _ = link.Connection.CallAsync((string)reaction, RecordingHandler.EmptyObject);
        await chargePoint.SendAsync("""[2,"a","BootNotification",{}]""");
        Assert.Equal("""[3,"a",{}]""", await chargePoint.ReceiveAsync());
        Assert.Equal("GetConfiguration", (await chargePoint.ReceiveJsonAsync())[2].GetString());

        async ValueTask<CallAnswer> Answer(IncomingCall call)
        {
            if (!isSynchronous)
            {
                await Task.Yield();
            }

            return CallAnswer.Result(RecordingHandler.EmptyObject, "GetConfiguration");
        }
    }

    [Fact]
    public async Task Names_of_the_table_are_shared_and_others_are_made()
    {
        const string Known = "Heartbeat";
        var options = OcppConnectionOptions.Ocpp16() with { ActionNames = name => name.SequenceEqual("Heartbeat"u8) ? Known : null };
        await using var server = await LinkServer.StartAsync(options);
        var (chargePoint, link) = await server.ConnectAsync();
        await Ask(chargePoint, """[2,"a","Heartbeat",{}]""");
        await Ask(chargePoint, """[2,"b","Heart\u0062eat",{}]""");
        await Ask(chargePoint, """[2,"c","Other",{}]""");
        Assert.Same(Known, link.Handler.Calls.First().Action);
        Assert.Equal(["Heartbeat", "Heartbeat", "Other"], link.Handler.Calls.Select(call => call.Action));
    }

    private static async ValueTask<CallAnswer> After(Task gate)
    {
        await gate;
        return CallAnswer.Result(RecordingHandler.EmptyObject);
    }

    private static async Task<string> Ask(RawChargePoint chargePoint, string text)
    {
        await chargePoint.SendAsync(text);
        return await chargePoint.ReceiveAsync();
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(RawChargePoint.Patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
