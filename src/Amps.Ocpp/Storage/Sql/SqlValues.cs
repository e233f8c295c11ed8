using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Storage.Sql;

/// <summary>
/// How values rest in columns. A time is the number of 100 ns ticks of UTC since 0001-01-01 as a 64-bit integer: it sorts
/// and compares alike in every engine, and comes back exactly, which the recognition of a repeated message needs.
/// A double is an 8-byte float, an enumeration its lower-case name, a document JSON text.
/// </summary>
internal static class SqlValues
{
    public static object ToColumn(this DateTimeOffset time) => time.UtcTicks;

    public static object? ToColumn(this DateTimeOffset? time) => time?.UtcTicks;

    /// <summary>Identities of charge points are compared without regard to case, so their key is the upper-case form.</summary>
    public static string ToKey(this ChargePointId id) => id.Value.ToUpperInvariant();

    /// <summary>The JSON array that the token <c>{ids}</c> of <see cref="SqlDialect"/> reads.</summary>
    public static string ToIdArray(this IEnumerable<DeviceId> ids) =>
        JsonSerializer.Serialize(ids.Select(id => id.Value).ToArray(), StoreJson.Default.StringArray);

    /// <summary>The same of numbers, which come as text.</summary>
    public static string ToIdArray(this IEnumerable<long> ids) =>
        JsonSerializer.Serialize(ids.Select(id => id.ToString(CultureInfo.InvariantCulture)).ToArray(), StoreJson.Default.StringArray);

    public static string? GetText(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static double? GetNumber(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    public static byte[]? GetBytes(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    public static DateTimeOffset GetTime(this DbDataReader row, int column) => new(row.GetInt64(column), TimeSpan.Zero);

    public static DateTimeOffset? GetTimeOrNull(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetTime(column);

    public static ChargePointId GetChargePoint(this DbDataReader row, int column) =>
        ChargePointId.TryParse(row.GetString(column), out ChargePointId id)
            ? id
            : throw new InvalidDataException("A stored charge point identity is not one.");
}
