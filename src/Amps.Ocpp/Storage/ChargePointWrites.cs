using System.Text.Json.Serialization.Metadata;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>The statements by which a charge point and its devices come and go.</summary>
internal static class ChargePointWrites
{
    private const string SaveStatement = """
        INSERT INTO charge_points (
            id, spelling, customer_id, user_id, environment, admission, created_at, configuration, boot, learned,
            password_scheme, password_salt, password_hash, next_passwords)
        VALUES (
            @id, @spelling, @customer, @user, @environment, @admission, @created_at, @configuration, @boot, @learned,
            @password_scheme, @password_salt, @password_hash, @next_passwords)
        ON CONFLICT (id) DO UPDATE SET
            spelling = excluded.spelling, customer_id = excluded.customer_id, user_id = excluded.user_id,
            environment = excluded.environment, admission = excluded.admission, created_at = excluded.created_at,
            configuration = excluded.configuration, boot = excluded.boot, learned = excluded.learned,
            password_scheme = excluded.password_scheme, password_salt = excluded.password_salt,
            password_hash = excluded.password_hash, next_passwords = excluded.next_passwords
        """;

    // A cap already on disk stays: it has a write path of its own, and this record may be older.
    private const string SaveDeviceStatement = """
        INSERT INTO devices (device_id, charge_point, connector_id, cap_kw, cap_written_at)
        VALUES (@device, @charge_point, @connector, @cap, @cap_written_at)
        ON CONFLICT (device_id) DO UPDATE SET connector_id = excluded.connector_id
        WHERE devices.charge_point = excluded.charge_point
        """;

    private const string Removed = "charge_point = @charge_point AND device_id NOT IN (SELECT value FROM {ids} AS kept)";

    private const string DeleteStatesStatement =
        $"DELETE FROM charger_states WHERE device_id IN (SELECT device_id FROM devices WHERE {Removed})";

    private const string DeleteDevicesStatement = $"DELETE FROM devices WHERE {Removed}";

    /// <exception cref="InvalidOperationException">A device id belongs to another charge point.</exception>
    public static int Save(SqlSession session, ChargePointRecord record)
    {
        string key = record.Id.ToKey();
        session.Execute(
            SaveStatement,
            ("@id", key),
            ("@spelling", record.Id.Value),
            ("@customer", record.CustomerId),
            ("@user", record.UserId),
            ("@environment", EnumText<ApiEnvironment>.Of(record.Environment)),
            ("@admission", EnumText<Admission>.Of(record.Admission)),
            ("@created_at", record.CreatedAt.ToColumn()),
            ("@configuration", WriteUnlessEmpty(record.Configuration, RegistryRows.NoConfiguration, StoreJson.Default.ChargePointConfiguration)),
            ("@boot", StoreJson.Write(record.Boot, StoreJson.Default.BootData)),
            ("@learned", WriteUnlessEmpty(record.Learned, RegistryRows.NothingLearned, StoreJson.Default.LearnedBehaviour)),
            ("@password_scheme", record.Password?.Scheme),
            ("@password_salt", record.Password?.Salt),
            ("@password_hash", record.Password?.Hash),
            ("@next_passwords", record.NextPasswords.IsEmpty ? null : StoreJson.Write([.. record.NextPasswords], StoreJson.Default.PasswordHashArray)));
        DeleteDevices(session, key, record.Devices.Select(device => device.Id));
        foreach (DeviceRecord device in record.Devices)
        {
            int saved = session.Execute(
                SaveDeviceStatement,
                ("@device", device.Id.Value),
                ("@charge_point", key),
                ("@connector", device.ConnectorId),
                ("@cap", device.MaxChargeRate?.Kilowatts),
                ("@cap_written_at", device.MaxChargeRate?.WrittenAt.ToColumn()));
            if (saved == 0)
                throw new InvalidOperationException($"The device id {device.Id} belongs to another charge point.");
        }
        return record.Devices.Length;
    }

    public static int Delete(SqlSession session, ChargePointId id)
    {
        string key = id.ToKey();
        DeleteDevices(session, key, kept: []);
        return session.Execute("DELETE FROM charge_points WHERE id = @id", ("@id", key));
    }

    private static void DeleteDevices(SqlSession session, string key, IEnumerable<DeviceId> kept)
    {
        string ids = kept.ToIdArray();
        session.Execute(DeleteStatesStatement, ("@charge_point", key), ("@ids", ids));
        session.Execute(DeleteDevicesStatement, ("@charge_point", key), ("@ids", ids));
    }

    // Most charge points have nothing there, and a start need not read what says nothing.
    private static string? WriteUnlessEmpty<T>(T document, T empty, JsonTypeInfo<T> type)
        where T : class => document.Equals(empty) ? null : StoreJson.Write(document, type);
}
