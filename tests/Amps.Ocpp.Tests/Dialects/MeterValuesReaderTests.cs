using System.Text;
using System.Text.Json;
using Amps.Ocpp.Dialects.Metering;
using FsCheck;
using FsCheck.Fluent;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>The hand-written reader reads what the general one reads.</summary>
public sealed class MeterValuesReaderTests
{
    private static readonly JsonSerializerOptions s_general = new(JsonSerializerDefaults.Web);
    private static readonly string?[] s_words = [null, "Power.Active.Import", "L1-N", "Wh", "Sample.Periodic", "Vendor.Special", "", "é\"\\", "Measurand that is longer than any word of the standard could ever be, by far"];

    private static readonly Arbitrary<MeterValues> s_messages = Arb.From(
        from connector in ArbMap.Default.GeneratorFor<int>()
        from transaction in ArbMap.Default.GeneratorFor<int?>()
        from values in Gen.ListOf(
            from time in Gen.Elements("2026-01-01T00:00:00Z", "yesterday", "")
            from samples in Gen.ListOf(
                from value in ArbMap.Default.GeneratorFor<NonNull<string>>()
                from words in Gen.ArrayOf(Gen.Elements(s_words), 6)
                select new SampledValue(Text(value.Get), words[0], words[1], words[2], words[3], words[4], words[5]))
            select new MeterValue(time, [.. samples]))
        select new MeterValues(connector, transaction, [.. values]));

    [Fact]
    public void Any_message_is_read_as_it_was_meant() => Prop.ForAll(s_messages, message =>
    {
        string json = JsonSerializer.Serialize(message, s_general);
        MeterValues read = MeterValuesReader.Read(Encoding.UTF8.GetBytes(json));
        return JsonSerializer.Serialize(read, s_general) == json;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"meterValue":[{"sampledValue":[{"unit":"Wh","extra":{"a":[1]},"value":"5"}],"vendor":[[]],"timestamp":"t"}],"x":null,"connectorId":3}""")]
    public void Order_and_extra_fields_do_not_matter(string json)
    {
        MeterValues read = MeterValuesReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal((3, null, "t", "5", "Wh"), (read.ConnectorId, read.TransactionId, read.MeterValue[0].Timestamp, read.MeterValue[0].SampledValue[0].Value, read.MeterValue[0].SampledValue[0].Unit));
    }

    /// <summary>Text that survives a round through JSON: no lone surrogates.</summary>
    private static string Text(string any) => new([.. any.Where(c => !char.IsSurrogate(c))]);
}
