using System.Collections.Immutable;
using System.Data.Common;
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
        session.Query("SELECT id, live_enabled, created_at FROM customers ORDER BY id", ReadCustomer),
        session.Query(
            "SELECT id, customer_id, environment, permissions, hash, created_at, expires_at, revoked_at FROM api_keys ORDER BY created_at, id",
            ReadKey),
        LoadChargePoints(session),
        session.Query("SELECT spelling, status, expires_at, parent_id FROM id_tokens ORDER BY token", ReadToken));

    private static List<ChargePointRecord> LoadChargePoints(SqlSession session)
    {
        // Both lists come in the order of the charge points' keys, so one pass joins them.
        List<(string ChargePoint, DeviceRecord Device)> devices = session.Query(
            "SELECT charge_point, device_id, connector_id, cap_kw, cap_written_at FROM devices ORDER BY charge_point, connector_id, device_id",
            ReadDevice);
        int next = 0;
        return session.Query(
            """
            SELECT id, spelling, customer_id, user_id, environment, admission, created_at, configuration, boot, learned,
                password_scheme, password_salt, password_hash, next_passwords
            FROM charge_points ORDER BY id
            """,
            row => ReadChargePoint(row, TakeDevices(row.GetString(0))));

        ImmutableArray<DeviceRecord> TakeDevices(string chargePoint)
        {
            int first = next;
            while (next < devices.Count && devices[next].ChargePoint == chargePoint)
                next++;
            return [.. devices[first..next].Select(entry => entry.Device)];
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
