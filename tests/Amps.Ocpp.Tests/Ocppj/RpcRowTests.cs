using System.Diagnostics;
using System.Text;
using System.Text.Json;

using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>Rows R of the fault list: what a broken or unusual message gets, over a real socket.</summary>
public sealed class RpcRowTests
{
    private const string Heartbeat = """[2,"ok","Heartbeat",{}]""";

    public static TheoryData<string> NoMessages => new("", " \r\n\t", "null", "\"x\"", "5", "{}", "true");

    public static TheoryData<string> BrokenMessages => new("[", "[2", "[2,\"i", "[2,\"id\",\"Heartbeat\",{}", "[2,\"id\",\"Heartbeat\",{},]", "[2,\"id\",/*c*/\"Heartbeat\",{}]", "['2']", "[NaN]", "\uFEFF[2,\"id\",\"Heartbeat\",{}]", "[2,\"id\",\"Heartbeat\",{}] x", "[]", "[2]", "[2,\"id\"]", "[2,\"id\",\"Heartbeat\"]", "[2,\"id\",5,{}]");

    [Theory]
    [MemberData(nameof(NoMessages))]
    [Trait("row", "R1")]
    public async Task What_is_no_array_gets_an_error_with_the_id_minus_one_and_the_link_stays(string text)
    {
        await Expect(OcppConnectionOptions.Ocpp16(), text, "-1", "FormationViolation");
        await Expect(OcppConnectionOptions.Ocpp201(), text, "-1", "RpcFrameworkError");
    }

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    [Trait("row", "R2")]
    [Trait("row", "R3")]
    public async Task A_broken_or_short_message_gets_an_error_with_its_id_if_readable(string text)
    {
        var id = text.Contains("\"id\"", StringComparison.Ordinal) && !text.StartsWith('\uFEFF') ? "id" : "-1";
        await Expect(OcppConnectionOptions.Ocpp16(), text, id, "FormationViolation");
        await Expect(OcppConnectionOptions.Ocpp201(), text, id, "RpcFrameworkError");
    }

    [Fact]
    [Trait("row", "R4")]
    public async Task A_fifth_element_is_tolerated_unless_the_envelope_is_strict()
    {
        const string FiveElements = """[2,"id","Heartbeat",{},{}]""";
        await using var lenient = await LinkServer.StartAsync();
        Assert.Equal(3, (await (await lenient.ConnectAsync()).ChargePoint.AskAsync(FiveElements))[0].GetInt32());
        await Expect(OcppConnectionOptions.Ocpp16() with { StrictEnvelope = true }, FiveElements, "id", "ProtocolError");
        await Expect(OcppConnectionOptions.Ocpp201() with { StrictEnvelope = true }, FiveElements, "id", "RpcFrameworkError");
    }

    [Theory]
    [InlineData("\"2\"")]
    [InlineData("2.0")]
    [InlineData("2e0")]
    [InlineData("-2")]
    [InlineData("99")]
    [InlineData("1e400")]
    [InlineData("null")]
    [InlineData("[2]")]
    [InlineData("1")]
    [InlineData("5")]
    [InlineData("6")]
    [Trait("row", "R5")]
    public async Task An_unknown_type_is_ignored_by_16_and_refused_by_2(string type)
    {
        var text = $$"""[{{type}},"id","Heartbeat",{}]""";
        await Expect(OcppConnectionOptions.Ocpp201(), text, "id", "MessageTypeNotSupported");
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendAsync(text);
        Assert.Equal("""[3,"ok",{}]""", JsonSerializer.Serialize(await chargePoint.AskAsync(Heartbeat)));
        Assert.Single(link.Handler.Calls);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    [InlineData("\"\\ud800\"")]
    [Trait("row", "R6")]
    public Task An_id_that_is_no_usable_string_becomes_minus_one(string id) =>
        Expect(OcppConnectionOptions.Ocpp201(), $$"""[2,{{id}},"Heartbeat",{}]""", "-1", "RpcFrameworkError");

    [Theory]
    [InlineData(36)]
    [InlineData(37)]
    [InlineData(255)]
    [Trait("row", "R6")]
    public async Task A_long_id_is_echoed(int length)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, _) = await server.ConnectAsync();
        var id = new string('i', length);
        Assert.Equal(id, (await chargePoint.AskAsync($$"""[2,"{{id}}","Heartbeat",{}]"""))[1].GetString());
    }

    [Theory]
    [InlineData(256)]
    [InlineData(200_000)]
    [Trait("row", "R6")]
    public Task A_monstrous_id_becomes_minus_one(int length) =>
        Expect(OcppConnectionOptions.Ocpp16(), $$"""[2,"{{new string('i', length)}}","Heartbeat",{}]""", "-1", "FormationViolation");

    [Theory]
    [InlineData("a\"b")]
    [InlineData("\u0001\n\\")]
    [InlineData("ä€😀")]
    [InlineData("</script>")]
    [Trait("row", "R6")]
    public async Task An_id_with_quotes_or_control_characters_comes_back_escaped(string id)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var answer = await chargePoint.AskAsync($$"""[2,{{JsonSerializer.Serialize(id)}},"Heartbeat",{}]""");
        Assert.Equal(id, answer[1].GetString());
        Assert.Equal(id, link.Handler.Calls.Single().MessageId);
    }

    [Theory]
    [InlineData("Unheard")]
    [InlineData("heartbeat")]
    [InlineData("Heartbeat ")]
    [InlineData("__proto__")]
    [InlineData("")]
    [InlineData("long")]
    [Trait("row", "R7")]
    [Trait("row", "R8")]
    [Trait("row", "R9")]
    [Trait("row", "R10")]
    public async Task An_error_of_the_handler_goes_out_with_its_code_and_a_short_description(string action)
    {
        action = action == "long" ? new string('A', 10_000) : action;
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler
        {
            Answer = call => ValueTask.FromResult(CallAnswer.Error("NotImplemented", $"The action \"{call.Action}\" is unknown." + string.Concat(Enumerable.Repeat("😀", 200)))),
        });
        var (chargePoint, link) = await server.ConnectAsync();
        var answer = await chargePoint.AskAsync($$"""[2,"id","{{action}}",{}]""");
        Assert.Equal((4, "id", "NotImplemented"), (answer[0].GetInt32(), answer[1].GetString(), answer[2].GetString()));
        Assert.InRange(answer[3].GetString()!.Length, 1, 255);
        Assert.Equal(JsonValueKind.Object, answer[4].ValueKind);
        Assert.InRange(link.Handler.Calls.Single().Action.Length, 0, 255);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("5")]
    [InlineData("true")]
    [Trait("row", "R11")]
    public async Task A_payload_that_is_no_object_is_refused(string payload)
    {
        var text = $$"""[2,"id","Heartbeat",{{payload}}]""";
        await Expect(OcppConnectionOptions.Ocpp16(), text, "id", "FormationViolation");
        await Expect(OcppConnectionOptions.Ocpp201(), text, "id", "FormatViolation");
    }

    [Fact]
    [Trait("row", "R11")]
    public async Task A_null_payload_is_an_empty_object_for_16_and_refused_by_2()
    {
        const string Null = """[2,"id","Heartbeat",null]""";
        await Expect(OcppConnectionOptions.Ocpp201(), Null, "id", "FormatViolation");
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        Assert.Equal(3, (await chargePoint.AskAsync(Null))[0].GetInt32());
        Assert.Equal(("{}", true), (link.Handler.Calls.Single().Payload, link.Handler.Calls.Single().PayloadWasNull));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(100_000)]
    [Trait("row", "R12")]
    public Task Deep_nesting_is_refused(int depth) => Expect(
        OcppConnectionOptions.Ocpp16(), $$"""[2,"id","DataTransfer",{"a":{{new string('[', depth)}}{{new string(']', depth)}}}]""", "id", "FormationViolation");

    [Fact]
    [Trait("row", "R13")]
    public async Task A_hundred_thousand_small_fields_take_bounded_time()
    {
        await using var server = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp16() with { MaxFrameBytes = 4 * 1024 * 1024 });
        var (chargePoint, _) = await server.ConnectAsync();
        await chargePoint.AskAsync(Heartbeat);
        var fields = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"f{i % 1000}\":{i}"));
        var watch = Stopwatch.StartNew();
        Assert.Equal(3, (await chargePoint.AskAsync($$"""[2,"id","DataTransfer",{{{fields}}}]"""))[0].GetInt32());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), watch.Elapsed.ToString());
    }

    [Theory]
    [InlineData("1e308")]
    [InlineData("9999999999999999999")]
    [InlineData("-0")]
    [InlineData("0.12345678901234567")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\u0000\"")]
    [Trait("row", "R14")]
    [Trait("row", "R15")]
    public async Task Values_of_the_payload_reach_the_handler_as_they_came(string value)
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, link) = await server.ConnectAsync();
        var payload = $$"""{ "a" : {{value}} }""";
        await chargePoint.AskAsync($$"""[2,"id","DataTransfer",{{payload}}]""");
        Assert.Equal(payload, link.Handler.Calls.Single().Payload);
    }

    [Fact]
    [Trait("row", "R15")]
    public async Task A_payload_that_the_handler_cannot_read_is_a_format_violation()
    {
        await using var server = await LinkServer.StartAsync(handlers: () => new RecordingHandler
        {
            Answer = call => ValueTask.FromResult(CallAnswer.Result(Encoding.UTF8.GetBytes(JsonSerializer.Deserialize<Dictionary<string, string>>(call.Payload.Span)!["a"]))),
        });
        var (chargePoint, _) = await server.ConnectAsync();
        var answer = await chargePoint.AskAsync("""[2,"id","DataTransfer",{"a":"\ud800"}]""");
        Assert.Equal((4, "FormationViolation"), (answer[0].GetInt32(), answer[2].GetString()));
    }

    [Theory]
    [InlineData("""[3,"unknown",{}]""")]
    [InlineData("""[4,"unknown","InternalError","",{}]""")]
    [InlineData("[3]")]
    [InlineData("[3,5,{}]")]
    [InlineData("""[3,"unknown",{]""")]
    [InlineData("[4,\"unknown\",")]
    [Trait("row", "R16")]
    public async Task An_answer_that_belongs_to_no_call_is_never_answered(string text)
    {
        foreach (var options in new[] { OcppConnectionOptions.Ocpp16(), OcppConnectionOptions.Ocpp21() })
        {
            await using var server = await LinkServer.StartAsync(options);
            var (chargePoint, _) = await server.ConnectAsync();
            await chargePoint.SendAsync(text);
            Assert.Equal("ok", (await chargePoint.AskAsync(Heartbeat))[1].GetString());
            Assert.Contains(server.Log.Entries, entry => entry.Text.Contains("bad message", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Bad_messages_are_logged_five_times_a_minute_and_then_counted()
    {
        await using var server = await LinkServer.StartAsync();
        var (chargePoint, _) = await server.ConnectAsync();
        for (var i = 0; i < 50; i++)
        {
            await chargePoint.AskAsync("nonsense");
        }

        Assert.Equal(5, server.Log.Entries.Count(entry => entry.Text.Contains("bad message", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""[5,"x","FormatViolation","why",{}]""", "why")]
    [InlineData("""[5,"x","FormatViolation"]""", "")]
    public async Task A_refused_result_is_reported_and_not_answered(string text, string description)
    {
        await using var server = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp21());
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendAsync(text);
        Assert.Equal("ok", (await chargePoint.AskAsync(Heartbeat))[1].GetString());
        Assert.Equal(("x", "FormatViolation", description), link.Handler.RefusedResults.Single());
    }

    [Fact]
    public async Task A_send_is_handled_and_not_answered()
    {
        await using var server = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp21());
        var (chargePoint, link) = await server.ConnectAsync();
        await chargePoint.SendAsync("""[6,"s","NotifyPeriodicEventStream",{"id":1}]""");
        Assert.Equal("ok", (await chargePoint.AskAsync(Heartbeat))[1].GetString());
        Assert.Equal(["NotifyPeriodicEventStream", "Heartbeat"], link.Handler.Calls.Select(call => call.Action));
    }

    [Fact]
    public async Task A_result_error_goes_out_only_where_the_version_has_it()
    {
        await using var server = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp21());
        var (chargePoint, link) = await server.ConnectAsync();
        link.Connection.SendResultError("x", "TypeConstraintViolation", "no");
        Assert.Equal("""[5,"x","TypeConstraintViolation","no",{}]""", await chargePoint.ReceiveAsync());
        await using var older = await LinkServer.StartAsync(OcppConnectionOptions.Ocpp201());
        var (other, otherLink) = await older.ConnectAsync();
        otherLink.Connection.SendResultError("x", "TypeConstraintViolation", "no");
        Assert.Equal(3, (await other.AskAsync(Heartbeat))[0].GetInt32());
    }

    private static async Task Expect(OcppConnectionOptions options, string text, string id, string code)
    {
        await using var server = await LinkServer.StartAsync(options);
        var (chargePoint, link) = await server.ConnectAsync();
        var answer = await chargePoint.AskAsync(text);
        Assert.Equal((4, id, code), (answer[0].GetInt32(), answer[1].GetString(), answer[2].GetString()));
        Assert.Equal((5, JsonValueKind.Object), (answer.GetArrayLength(), answer[4].ValueKind));
        Assert.InRange(answer[3].GetString()!.Length, 1, 255);
        Assert.Empty(link.Handler.Calls);
        Assert.Equal(3, (await chargePoint.AskAsync(Heartbeat))[0].GetInt32());
    }
}
