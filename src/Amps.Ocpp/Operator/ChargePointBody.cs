using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using NodaTime;

namespace Amps.Ocpp.Operator;

/// <summary>
/// The body of a charge point's PUT, turned into a change of its record: a field that is absent stays as it is, <c>null</c>
/// takes it back (operator surface, section 2).
/// </summary>
internal sealed class ChargePointBody
{
    private const int MinPassword = 16;
    private const int MaxPassword = 40;
    private static readonly string[] Versions = ["1.6", "2.0.1", "2.1"];
    private static readonly string[] Strategies = ["RemoteStop", "Hold"];
    private static readonly string[] Admissions = ["accepted", "pending", "rejected"];

    public static readonly string PasswordRule = $"{MinPassword} to {MaxPassword} characters.";

    private readonly List<Func<ChargePointRecord, ChargePointRecord>> _changes = [];
    private readonly JsonBody _body;
    private readonly ChargePointId _id;

    private ChargePointBody(JsonBody body, ChargePointId id)
    {
        _body = body;
        _id = id;
    }

    /// <summary>Reads the body; errors are noted in it.</summary>
    public static ChargePointBody Read(JsonBody body, ChargePointId id, KeyRing keys, ChargePointDirectory directory)
    {
        var change = new ChargePointBody(body, id);
        change.ReadOwner(keys);
        change.ReadConfiguration();
        change.ReadPassword();
        change.ReadClientCertificates();
        if (PinnedBody.Read(body) is { } pin)
            change._changes.Add(record => record with { Configuration = record.Configuration with { Pinned = pin(record.Configuration.Pinned) } });
        change.ReadConnectors(directory);
        return change;
    }

    public static bool IsPassword(string text) => Encoding.UTF8.GetByteCount(text) is >= MinPassword and <= MaxPassword;

    /// <summary>The record after the change; a new one is accepted unless the body says otherwise.</summary>
    public ChargePointRecord Apply(ChargePointRecord? known, DateTimeOffset now)
    {
        ChargePointRecord record = known ?? new ChargePointRecord { Id = _id, Admission = Admission.Accepted, CreatedAt = now };
        foreach (Func<ChargePointRecord, ChargePointRecord> change in _changes)
            record = change(record);
        return ChargePoint.WithConnectors(record, Math.Max(1, record.Learned.ConnectorCount ?? 1));
    }

    private void ReadOwner(KeyRing keys)
    {
        _body.RefuseUnknown(_body.Root, "", "customerId", "userId", "password", "securityProfile", "ocppVersion", "timeZone", "vendor", "model",
            "phases", "nominalVoltage", "ratedPowerKw", "idleStrategy", "callTimeoutSeconds", "stationMaxProfile", "clearForeignProfiles", "admission", "connectors", "clientCertificates", "pinned");
        Field("customerId", name => _body.Text(_body.Root, "", name, maxLength: 64), (record, value) => record with { CustomerId = value }, value =>
            value is not null && keys.FindCustomer(value) is null ? "There is no such customer." : null);
        Field("userId", name => _body.Text(_body.Root, "", name, maxLength: 128), static (record, value) => record with { UserId = value });
        if (_body.OneOf(_body.Root, "", "admission", Admissions) is { } admission)
            _changes.Add(record => record with { Admission = Enum.Parse<Admission>(admission, ignoreCase: true) });
    }

    private void ReadConfiguration()
    {
        Setting("securityProfile", name => _body.Integer(_body.Root, "", name, 0, 3), static (c, value) => c with { SecurityProfile = value });
        Setting("ocppVersion", name => _body.OneOf(_body.Root, "", name, Versions), static (c, value) => c with { OcppVersion = value });
        Setting("timeZone", name => _body.Text(_body.Root, "", name, maxLength: 64), static (c, value) => c with { TimeZone = value }, static value =>
            value is not null && DateTimeZoneProviders.Tzdb.GetZoneOrNull(value) is null ? "An IANA time zone, e.g. Europe/Berlin." : null);
        Setting("vendor", name => _body.Text(_body.Root, "", name, maxLength: 64), static (c, value) => c with { Vendor = value });
        Setting("model", name => _body.Text(_body.Root, "", name, maxLength: 64), static (c, value) => c with { Model = value });
        Setting("phases", name => _body.Integer(_body.Root, "", name, 1, 3), static (c, value) => c with { Phases = value }, static value =>
            value == 2 ? "1 or 3." : null);
        Setting("nominalVoltage", name => _body.Number(_body.Root, "", name), static (c, value) => c with { NominalVoltage = value }, static value =>
            value is < 50 or > 1000 ? "V from 50 to 1000." : null);
        Setting("ratedPowerKw", name => _body.Number(_body.Root, "", name), static (c, value) => c with { RatedPowerKw = value }, static value =>
            value is <= 0 or > 1000 ? "kW above 0, up to 1000." : null);
        Setting("idleStrategy", name => _body.OneOf(_body.Root, "", name, Strategies), static (c, value) =>
            c with { IdleStrategy = value is null ? null : Enum.Parse<IdleStrategy>(value) });
        Setting("callTimeoutSeconds", name => _body.Integer(_body.Root, "", name, 1, 600), static (c, value) => c with { CallTimeoutSeconds = value });
        Setting("stationMaxProfile", name => _body.Boolean(_body.Root, "", name), static (c, value) => c with { StationMaxProfile = value });
        Setting("clearForeignProfiles", name => _body.Boolean(_body.Root, "", name), static (c, value) => c with { ClearForeignProfiles = value });
    }

    private void ReadPassword() => Field(
        "password",
        name => _body.Text(_body.Root, "", name, maxLength: 256),
        static (record, value) => record with { Password = value is null ? null : Passwords.Create(Encoding.UTF8.GetBytes(value)), NextPasswords = [] },
        static value => value is not null && !IsPassword(value) ? PasswordRule : null);

    private void ReadClientCertificates()
    {
        if (!_body.Root.TryGetProperty("clientCertificates", out JsonElement given))
            return;
        ClientCertificates? mapped = given.ValueKind == JsonValueKind.Null ? null : ClientCertificateBody.Read(_body);
        _changes.Add(record => record with { Configuration = record.Configuration with { ClientCertificates = mapped } });
    }

    private void ReadConnectors(ChargePointDirectory directory)
    {
        if (_body.Array(_body.Root, "", "connectors") is not { } list)
            return;
        var devices = new List<DeviceRecord>();
        int index = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            string path = $"connectors[{index++}]";
            if (element.ValueKind != JsonValueKind.Object)
            {
                _body.Errors.Add(new FieldError(path, "An object."));
                continue;
            }
            _body.RefuseUnknown(element, path, "connectorId", "deviceId");
            int? connector = _body.Integer(element, path, "connectorId", 1, 64, required: true);
            string? text = _body.Text(element, path, "deviceId", required: true, maxLength: 64);
            if (connector is not { } number || text is null)
                continue;
            if (!DeviceId.TryParse(text, out DeviceId device))
                _body.Errors.Add(new FieldError($"{path}.deviceId", "1 to 64 characters of A-Z a-z 0-9 _ . -"));
            else if (directory.OwnerOf(device) is { } owner && owner != _id)
                _body.Errors.Add(new FieldError($"{path}.deviceId", "Another charge point has this device."));
            else if (devices.Exists(known => known.ConnectorId == number || known.Id == device))
                _body.Errors.Add(new FieldError(path, "Connector and device each once."));
            else
                devices.Add(new DeviceRecord(device, number));
        }
        _changes.Add(record => record with
        {
            // A connector keeps its cap under its new name; connectors not named keep their device.
            Devices =
            [
                .. devices.Select(device => device with { MaxChargeRate = record.Devices.FirstOrDefault(known => known.ConnectorId == device.ConnectorId)?.MaxChargeRate })
                    .Concat(record.Devices.Where(known => !devices.Exists(device => device.ConnectorId == known.ConnectorId)))
                    .OrderBy(device => device.ConnectorId),
            ],
        });
    }

    private void Setting<T>(string name, Func<string, T?> read, Func<ChargePointConfiguration, T?, ChargePointConfiguration> change, Func<T?, string?>? check = null) =>
        Field(name, read, (record, value) => record with { Configuration = change(record.Configuration, value) }, check);

    private void Field<T>(string name, Func<string, T?> read, Func<ChargePointRecord, T?, ChargePointRecord> change, Func<T?, string?>? check = null)
    {
        if (!_body.Root.TryGetProperty(name, out JsonElement given))
            return;
        int errors = _body.Errors.Count;
        T? value = given.ValueKind == JsonValueKind.Null ? default : read(name);
        if (_body.Errors.Count == errors && check?.Invoke(value) is { } wrong)
            _body.Errors.Add(new FieldError(name, wrong));
        _changes.Add(record => change(record, value));
    }
}
