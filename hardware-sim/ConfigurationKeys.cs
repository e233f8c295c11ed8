using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>The configuration keys of a charge point (OCPP 1.6 section 9).</summary>
internal sealed class ConfigurationKeys
{
    private static readonly string[] s_measurands =
    [
        "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Current.Offered", "Voltage", "SoC",
    ];

    private readonly Dictionary<string, (string Value, bool ReadOnly)> _keys;

    public ConfigurationKeys(int connectors, int sampleInterval) => _keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["AuthorizeRemoteTxRequests"] = ("false", false),
        ["ChargeProfileMaxStackLevel"] = (ChargingProfiles.MaxStackLevel.ToString(CultureInfo.InvariantCulture), true),
        ["ChargingScheduleAllowedChargingRateUnit"] = ("Current,Power", true),
        ["ChargingScheduleMaxPeriods"] = ("24", true),
        ["ClockAlignedDataInterval"] = ("0", false),
        ["ConnectionTimeOut"] = ("60", false),
        ["GetConfigurationMaxKeys"] = ("50", true),
        ["HeartbeatInterval"] = ("300", false),
        ["LocalAuthorizeOffline"] = ("true", false),
        ["LocalPreAuthorize"] = ("false", false),
        ["MaxChargingProfilesInstalled"] = ("20", true),
        ["MeterValueSampleInterval"] = (sampleInterval.ToString(CultureInfo.InvariantCulture), false),
        ["MeterValuesSampledData"] = (string.Join(',', s_measurands), false),
        ["NumberOfConnectors"] = (connectors.ToString(CultureInfo.InvariantCulture), true),
        ["ResetRetries"] = ("1", false),
        ["StopTransactionOnEVSideDisconnect"] = ("true", false),
        ["StopTransactionOnInvalidId"] = ("false", false),
        ["SupportedFeatureProfiles"] = ("Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger", true),
        ["TransactionMessageAttempts"] = ("3", false),
        ["TransactionMessageRetryInterval"] = ("10", false),
        ["UnlockConnectorOnEVSideDisconnect"] = ("true", false),
        ["WebSocketPingInterval"] = ("0", false),
    };

    public int Whole(string key) => int.TryParse(_keys.GetValueOrDefault(key).Value, CultureInfo.InvariantCulture, out int value) ? value : 0;

    public IEnumerable<string> Measurands => (_keys.GetValueOrDefault("MeterValuesSampledData").Value ?? string.Join(',', s_measurands)).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Other values than usual; null takes a key away.</summary>
    public void Override(IReadOnlyDictionary<string, string?> values)
    {
        foreach ((string key, string? value) in values)
        {
            if (value is null)
                _keys.Remove(key);
            else
                _keys[key] = (value, _keys.TryGetValue(key, out (string, bool ReadOnly) known) && known.ReadOnly);
        }
    }

    /// <summary>The answer to GetConfiguration.</summary>
    public JsonObject Get(JsonArray? wanted)
    {
        List<string> keys = wanted is null ? [.. _keys.Keys] : [.. wanted.Select(key => key!.GetValue<string>())];
        return new JsonObject
        {
            ["configurationKey"] = new JsonArray([.. keys.Where(_keys.ContainsKey).Select(key => (JsonNode)new JsonObject
            {
                ["key"] = key,
                ["readonly"] = _keys[key].ReadOnly,
                ["value"] = _keys[key].Value,
            })]),
            ["unknownKey"] = new JsonArray([.. keys.Where(key => !_keys.ContainsKey(key)).Select(key => (JsonNode)JsonValue.Create(key))]),
        };
    }

    /// <summary>The status of a ChangeConfiguration.</summary>
    public string Change(string key, string value)
    {
        if (!_keys.TryGetValue(key, out (string Value, bool ReadOnly) known))
            return "NotSupported";
        if (known.ReadOnly)
            return "Rejected";
        if (key.Equals("MeterValuesSampledData", StringComparison.OrdinalIgnoreCase) && value.Split(',').Any(measurand => !s_measurands.Contains(measurand.Trim())))
            return "Rejected";
        bool number = int.TryParse(known.Value, CultureInfo.InvariantCulture, out _);
        if (number && (!int.TryParse(value, CultureInfo.InvariantCulture, out int whole) || whole < 0))
            return "Rejected";
        _keys[key] = (value, false);
        return "Accepted";
    }

    public JsonObject Save() => new(_keys.Where(key => !key.Value.ReadOnly).Select(key => KeyValuePair.Create(key.Key, (JsonNode?)JsonValue.Create(key.Value.Value))));

    public void Load(JsonObject saved)
    {
        foreach ((string key, JsonNode? value) in saved)
        {
            if (_keys.TryGetValue(key, out (string, bool ReadOnly) known) && !known.ReadOnly)
                _keys[key] = (value!.GetValue<string>(), false);
        }
    }
}
