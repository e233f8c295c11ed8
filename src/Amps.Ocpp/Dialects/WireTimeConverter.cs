using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amps.Ocpp.Dialects;

/// <summary>Writes times in the one form that every charge point takes, and reads whatever they write.</summary>
internal sealed class WireTimeConverter : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? ChargerTime.Read(reader.GetString()) : null;

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
            writer.WriteStringValue(ChargerTime.Write(time));
        else
            writer.WriteNullValue();
    }
}
