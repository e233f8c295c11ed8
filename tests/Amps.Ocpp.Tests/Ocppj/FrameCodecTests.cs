using System.Text;
using System.Text.Json;

using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Framing;

using FsCheck;
using FsCheck.Fluent;

namespace Amps.Ocpp.Tests.Ocppj;

public sealed class FrameCodecTests
{
    private static readonly OcppConnectionOptions s_options = OcppConnectionOptions.Ocpp21();

    [Fact]
    public void Any_call_that_is_written_is_read_again() => Check.QuickThrowOnFailure(Prop.ForAll(
        Texts().ToArbitrary(),
        Texts().ToArbitrary(),
        Texts().ToArbitrary(),
        (id, action, value) =>
        {
            var payload = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { [value] = value });
            var frame = Parse(FrameWriter.Call(id, action, payload));
            return frame.Fault == FrameFault.None
                && frame.Type == RpcMessageTypes.Call
                && JsonText.Unescape(frame.Id.Span) == id
                && frame.Action == action
                && frame.Payload.Span.SequenceEqual(payload);
        }));

    [Fact]
    public void Any_error_that_is_written_is_read_again() => Check.QuickThrowOnFailure(Prop.ForAll(
        Texts().ToArbitrary(),
        Texts().ToArbitrary(),
        (id, text) =>
        {
            var frame = Parse(FrameWriter.CallError(JsonText.Escape(id).Span, text, text, default));
            var other = Parse(FrameWriter.CallResultError(JsonText.Escape(id).Span, text, text, "{\"a\":1}"u8));
            return frame.Type == RpcMessageTypes.CallError
                && other.Type == RpcMessageTypes.CallResultError
                && JsonText.Unescape(frame.Id.Span) == id
                && frame.ErrorCode == text
                && other.ErrorDescription == text
                && frame.Payload.Span.SequenceEqual("{}"u8)
                && other.Payload.Span.SequenceEqual("{\"a\":1}"u8);
        }));

    [Fact]
    public void Any_result_that_is_written_is_read_again() => Check.QuickThrowOnFailure(Prop.ForAll(
        Texts().ToArbitrary(),
        id =>
        {
            var frame = Parse(FrameWriter.CallResult(JsonText.Escape(id).Span, "{\"a\":[1,2]}"u8));
            return frame.Fault == FrameFault.None && JsonText.Unescape(frame.Id.Span) == id && frame.Payload.Span.SequenceEqual("{\"a\":[1,2]}"u8);
        }));

    [Fact]
    public void Nothing_makes_the_parser_throw() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value)).ToArbitrary(),
        bytes =>
        {
            var frame = FrameParser.Parse(bytes, s_options);
            return frame.Fault == FrameFault.None || frame.FaultText is not null;
        }));

    [Fact]
    public void A_description_with_half_a_character_at_its_end_is_still_valid()
    {
        var text = new string('x', 254) + "😀\ud800";
        var frame = Parse(FrameWriter.CallError("1"u8, "GenericError", text, default));
        Assert.Equal(new string('x', 254), frame.ErrorDescription);
        Assert.Equal("\uFFFD", Parse(FrameWriter.CallError("1"u8, "GenericError", "\ud800", default)).ErrorDescription);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void The_depth_limit_counts_the_outer_array(int payloadDepth, bool isRead)
    {
        var payload = string.Concat(Enumerable.Repeat("{\"a\":", payloadDepth - 1)) + "{}" + new string('}', payloadDepth - 1);
        var frame = FrameParser.Parse(Encoding.UTF8.GetBytes($"[2,\"1\",\"A\",{payload}]"), s_options);
        Assert.Equal(isRead ? FrameFault.None : FrameFault.Malformed, frame.Fault);
        Assert.Equal("1", JsonText.Unescape(frame.Id.Span));
    }

    [Fact]
    public void A_handler_can_be_given_a_call_that_came_over_no_link()
    {
        var call = new IncomingCall("a\"b", "Heartbeat", "{}"u8.ToArray());
        Assert.Equal(("a\"b", "Heartbeat", false), (call.MessageId, call.Action, call.IsSend));
    }

    /// <summary>Texts of 1 to 40 units that are valid UTF-16, with quotes, control characters and pairs among them.</summary>
    private static Gen<string> Texts() =>
        Gen.Elements("a", "Z", "9", "-", "\"", "\\", "/", "\n", "\0", "\u007f", "é", "€", "😀", "\u2028", "<", "'")
            .NonEmptyListOf()
            .Select(parts => string.Concat(parts.Take(20)));

    private static Frame Parse(PooledFrame written)
    {
        var bytes = written.Memory.ToArray();
        written.Return();
        JsonDocument.Parse(bytes).Dispose();
        return FrameParser.Parse(bytes, s_options);
    }
}
