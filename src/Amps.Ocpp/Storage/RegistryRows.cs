using System.Collections.Immutable;
using System.Data.Common;
using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>Reads the registry's rows.</summary>
internal static class RegistryRows
{
    public static ChargePointConfiguration NoConfiguration { get; } = new();

    public static LearnedBehaviour NothingLearned { get; } = new();

    public static RegistryContents Load(SqlSession session) => new(
        LoadCustomers(session),
        LoadKeys(session),
        LoadChargePoints(session),
        LoadTokens(session));

    public static RegistryContents LoadAccess(SqlSession session) => new(LoadCustomers(session), LoadKeys(session), [], LoadTokens(session));

    private static List<Customer> LoadCustomers(SqlSession session) =>
        session.Query("SELECT id, live_enabled, created_at FROM customers ORDER BY id", ReadCustomer);

    private static List<ApiKey> LoadKeys(SqlSession session) => session.Query(
        "SELECT id, customer_id, environment, permissions, hash, created_at, expires_at, revoked_at FROM api_keys ORDER BY created_at, id",
        ReadKey);

    private static List<IdToken> LoadTokens(SqlSession session) =>
        session.Query("SELECT spelling, status, expires_at, parent_id FROM id_tokens ORDER BY token", ReadToken);

    private const string DeviceColumns = "charge_point, device_id, connector_id, cap_kw, cap_written_at";

    private const string Columns = """
        id, spelling, customer_id, user_id, environment, admission, created_at, configuration, boot, learned,
        password_scheme, password_salt, password_hash, next_passwords, version
        """;

    private static List<ChargePointRecord> LoadChargePoints(SqlSession session) => Join(
        session.Query($"SELECT {DeviceColumns} FROM devices ORDER BY charge_point, connector_id, device_id", ReadDevice),
        read => session.Query($"SELECT {Columns} FROM charge_points ORDER BY id", read));

    /// <summary>The records of these keys that exist.</summary>
    public static List<ChargePointRecord> Find(SqlSession session, IReadOnlyList<string> keys)
    {
        string ids = JsonSerializer.Serialize(keys.ToArray(), StoreJson.Default.StringArray);
        return Join(
            session.Query(
                $"SELECT {DeviceColumns} FROM devices WHERE charge_point IN (SELECT value FROM {{ids}} AS wanted) ORDER BY charge_point, connector_id, device_id",
                ReadDevice, ("@ids", ids)),
            read => session.Query($"SELECT {Columns} FROM charge_points WHERE id IN (SELECT value FROM {{ids}} AS wanted) ORDER BY id", read, ("@ids", ids)));
    }

    private static List<ChargePointRecord> Join(
        List<(string ChargePoint, DeviceRecord Device)> devices, Func<Func<DbDataReader, ChargePointRecord>, List<ChargePointRecord>> query)
    {
        // Both lists come in the order of the charge points' keys, so one pass joins them.
        int next = 0;
        return query(row => ReadChargePoint(row, TakeDevices(row.GetString(0))));

        ImmutableArray<DeviceRecord> TakeDevices(string chargePoint)
        {
            int first = next;
            while (next < devices.Count && devices[next].ChargePoint == chargePoint)
                next++;
            // Most have one.
            return next == first + 1 ? [devices[first].Device] : [.. devices[first..next].Select(entry => entry.Device)];
        }
    }

    private static ChargePointRecord ReadChargePoint(DbDataReader row, ImmutableArray<DeviceRecord> devices) => new()
    {
        Id = row.GetChargePoint(1),
        CustomerId = row.GetText(2),
        UserId = row.GetText(3),
        Environment = EnumText<ApiEnvironment>.Parse(row.GetString(4)),
        Admission = EnumText<Admission>.Parse(row.GetString(5)),
        CreatedAt = row.GetTime(6),
        Configuration = StoreJson.Read(row.GetText(7), StoreJson.Default.ChargePointConfiguration) ?? NoConfiguration,
        Boot = StoreJson.Read(row.GetText(8), StoreJson.Default.BootData),
        Learned = StoreJson.Read(row.GetText(9), StoreJson.Default.LearnedBehaviour) ?? NothingLearned,
        Password = row.GetText(10) is { } scheme ? new PasswordHash(scheme, row.GetBytes(11)!, row.GetBytes(12)!) : null,
        NextPasswords = row.GetText(13) is { } next ? [.. StoreJson.Read(next, StoreJson.Default.PasswordHashArray)!] : [],
        Version = row.GetInt64(14),
        Devices = devices,
    };

    private static (string ChargePoint, DeviceRecord Device) ReadDevice(DbDataReader row) => (
        row.GetString(0),
        new DeviceRecord(
            new DeviceId(row.GetString(1)),
            row.GetInt32(2),
            row.GetNumber(3) is { } cap ? new ChargeRateCap(cap, row.GetTime(4)) : null));

    private static Customer ReadCustomer(DbDataReader row) => new(row.GetString(0), row.GetInt64(1) != 0, row.GetTime(2));

    private static ApiKey ReadKey(DbDataReader row) => new(
        row.GetString(0),
        row.GetText(1),
        EnumText<ApiEnvironment>.Parse(row.GetString(2)),
        (KeyPermissions)row.GetInt64(3),
        row.GetBytes(4)!,
        row.GetTime(5),
        row.GetTimeOrNull(6),
        row.GetTimeOrNull(7));

    private static IdToken ReadToken(DbDataReader row) => new(
        row.GetString(0),
        EnumText<IdTokenStatus>.Parse(row.GetString(1)),
        row.GetTimeOrNull(2),
        row.GetText(3));
}
