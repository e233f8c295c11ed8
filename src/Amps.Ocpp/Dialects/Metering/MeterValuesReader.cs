using System.Text;
using System.Text.Json;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>
/// Reads a MeterValues payload (OCPP 1.6 section 6.31; 2.x MeterValuesRequest) that has passed the shape check. By hand, because it is most of the traffic:
/// general deserialisation costs several times as much time and memory.
/// </summary>
internal static class MeterValuesReader
{
    [ThreadStatic]
    private static List<SampledValue>? t_values;

    /// <exception cref="JsonException">It is not what the shape check lets through.</exception>
    public static MeterValues Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return ReadMessage(payload);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new JsonException("The payload does not fit its action.", e);
        }
    }

    private static MeterValues ReadMessage(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        int connector = 0;
        long? transaction = null;
        MeterValue[] values = [];
        reader.Read();
        while (NextField(ref reader))
        {
            if (reader.ValueTextEquals("connectorId"u8) || reader.ValueTextEquals("evseId"u8))
                connector = ReadValue(ref reader).GetInt32();
            else if (reader.ValueTextEquals("transactionId"u8))
                transaction = ReadValue(ref reader).TokenType == JsonTokenType.Null ? null : reader.GetInt64();
            else if (reader.ValueTextEquals("meterValue"u8))
                values = ReadList(ref ReadValue(ref reader));
            else
                Skip(ref reader);
        }
        return new MeterValues(connector, transaction, values);
    }

    /// <summary>The reader stands on the opening bracket and is left on the closing one.</summary>
    public static MeterValue[] ReadList(ref Utf8JsonReader reader)
    {
        MeterValue? only = null;
        List<MeterValue>? all = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            MeterValue value = ReadMeterValue(ref reader);
            if (only is null)
                only = value;
            else
                (all ??= [only]).Add(value);
        }
        return all is not null ? [.. all] : only is not null ? [only] : [];
    }

    private static MeterValue ReadMeterValue(ref Utf8JsonReader reader)
    {
        string timestamp = "";
        SampledValue[] values = [];
        while (NextField(ref reader))
        {
            if (reader.ValueTextEquals("timestamp"u8))
                timestamp = ReadValue(ref reader).GetString() ?? "";
            else if (reader.ValueTextEquals("sampledValue"u8))
                values = ReadSampledValues(ref reader);
            else
                Skip(ref reader);
        }
        return new MeterValue(timestamp, values);
    }

    private static SampledValue[] ReadSampledValues(ref Utf8JsonReader reader)
    {
        List<SampledValue> values = t_values ??= [];
        values.Clear();
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(ReadSampledValue(ref reader));
        return [.. values];
    }

    private static SampledValue ReadSampledValue(ref Utf8JsonReader reader)
    {
        SampledValue value = new("", null, null, null, null, null, null);
        while (NextField(ref reader))
        {
            if (reader.ValueTextEquals("value"u8))
                value = value with { Value = ReadNumber(ref ReadValue(ref reader)) };
            else if (reader.ValueTextEquals("measurand"u8))
                value = value with { Measurand = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("phase"u8))
                value = value with { Phase = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("unit"u8))
                value = value with { Unit = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("unitOfMeasure"u8))
                value = ReadUnit(ref ReadValue(ref reader), value);
            else if (reader.ValueTextEquals("context"u8))
                value = value with { Context = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("location"u8))
                value = value with { Location = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("format"u8))
                value = value with { Format = ReadWord(ref reader) };
            else
                Skip(ref reader);
        }
        return value;
    }

    /// <summary>A number written as text (1.6) or as a number (2.x), as its text.</summary>
    private static string ReadNumber(ref Utf8JsonReader reader) =>
        (reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : reader.GetString()) ?? "";

    private static SampledValue ReadUnit(ref Utf8JsonReader reader, SampledValue value)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return value;
        while (NextField(ref reader))
        {
            if (reader.ValueTextEquals("unit"u8))
                value = value with { Unit = ReadWord(ref reader) };
            else if (reader.ValueTextEquals("multiplier"u8))
                value = value with { Multiplier = ReadValue(ref reader).TokenType == JsonTokenType.Null ? 0 : reader.GetInt32() };
            else
                Skip(ref reader);
        }
        return value;
    }

    private static bool NextField(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static ref Utf8JsonReader ReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return ref reader;
    }

    private static string? ReadWord(ref Utf8JsonReader reader)
    {
        reader.Read();
        return MeasurementWords.Read(ref reader);
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
