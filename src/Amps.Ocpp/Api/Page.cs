using System.Text.Json;

namespace Amps.Ocpp.Api;

/// <summary>A page of a list as apps see it (canonical API, section 3).</summary>
internal readonly record struct Page<T>(IReadOnlyList<T> Items, int Limit, int Offset, int Total)
{
    public void Write(Utf8JsonWriter json, Action<Utf8JsonWriter, T> writeItem)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (T item in Items)
            writeItem(json, item);
        json.WriteEndArray();
        json.WriteStartObject("pagination"u8);
        json.WriteNumber("limit"u8, Limit);
        json.WriteNumber("offset"u8, Offset);
        json.WriteNumber("total"u8, Total);
        json.WriteBoolean("hasMore"u8, Offset + Items.Count < Total);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
