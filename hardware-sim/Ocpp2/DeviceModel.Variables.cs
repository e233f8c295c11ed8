using System.Globalization;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>What variables there are.</summary>
internal sealed partial class DeviceModel
{
    /// <summary>What a socket can measure.</summary>
    public static readonly IReadOnlyList<string> Measurands =
    [
        "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Current.Offered", "Voltage", "SoC",
    ];

    private const string Register = "Energy.Active.Import.Register";

    public DeviceModel(SimulatedChargePointOptions options, IReadOnlyList<Evse> evses, Func<DateTimeOffset> now)
    {
        AddStation(options, evses);
        AddCommunication(options, now);
        AddTransactions();
        AddSampling(options);
        AddSmartCharging();
        AddLimitsOfMessages();
    }

    private void AddStation(SimulatedChargePointOptions options, IReadOnlyList<Evse> evses)
    {
        Fixed("ChargingStation", "Model", "string", options.Model);
        Fixed("ChargingStation", "VendorName", "string", options.Vendor);
        Fixed("ChargingStation", "SerialNumber", "string", options.SerialNumber);
        Fixed("ChargingStation", "FirmwareVersion", "string", options.FirmwareVersion);
        Fixed("ChargingStation", "Available", "boolean", "true");
        Told("ChargingStation", "SupplyPhases", "integer", () => Number(options.Connectors.Max(connector => connector.Phases)));
        Told("ChargingStation", "AvailabilityState", "OptionList", () => evses.All(evse => evse.ConnectorStatus == "Unavailable") ? "Unavailable" : "Available");
        Told("ChargingStation", "Problem", "boolean", () => evses.Any(evse => evse.ConnectorStatus == "Faulted") ? "true" : "false");
        foreach (Evse evse in evses)
        {
            ConnectorOptions hardware = evse.Path.Options;
            Told("EVSE", "Available", "boolean", static () => "true", evse.Id);
            Told("EVSE", "AvailabilityState", "OptionList", () => evse.ConnectorStatus, evse.Id);
            Told("EVSE", "AllowReset", "boolean", static () => "true", evse.Id);
            Told("EVSE", "SupplyPhases", "integer", () => Number(hardware.Phases), evse.Id);
            _variables.Add(new Variable("EVSE", "Power")
            {
                DataType = "decimal",
                Unit = "W",
                Evse = evse.Id,
                Max = hardware.Phases * hardware.Voltage * hardware.RatedCurrent,
                Value = () => Number(Math.Round(evse.Path.PowerKw * 1000)),
            });
            for (int plug = 1; plug <= hardware.Plugs; plug++)
            {
                int connector = plug;
                Told("Connector", "Available", "boolean", static () => "true", evse.Id, connector);
                Told("Connector", "AvailabilityState", "OptionList", () => evse.StatusOf(connector), evse.Id, connector);
                Told("Connector", "ConnectorType", "string", static () => "cType2", evse.Id, connector);
                Told("Connector", "SupplyPhases", "integer", () => Number(hardware.Phases), evse.Id, connector);
            }
        }
    }

    private void AddCommunication(SimulatedChargePointOptions options, Func<DateTimeOffset> now)
    {
        Number("OCPPCommCtrlr", "HeartbeatInterval", 300, "s", min: 1);
        Number("OCPPCommCtrlr", "OfflineThreshold", 60, "s");
        Number("OCPPCommCtrlr", "WebSocketPingInterval", 0, "s");
        Number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts", 3, min: 1);
        Number("OCPPCommCtrlr", "MessageAttempts", 3, min: 1, max: 100, instance: "TransactionEvent");
        Number("OCPPCommCtrlr", "MessageAttemptInterval", 10, "s", instance: "TransactionEvent");
        Fixed("OCPPCommCtrlr", "MessageTimeout", "integer", Number((int)options.CallTimeout.TotalSeconds), "Default", "s");
        Fixed("OCPPCommCtrlr", "FileTransferProtocols", "MemberList", "HTTPS");
        Fixed("OCPPCommCtrlr", "NetworkConfigurationPriority", "SequenceList", "1");
        Switch("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", true);
        Told("ClockCtrlr", "DateTime", "dateTime", () => Words.Time(now()));
        Fixed("ClockCtrlr", "TimeSource", "SequenceList", "Heartbeat");
        Fixed("SecurityCtrlr", "Identity", "string", options.Identity);
        Fixed("SecurityCtrlr", "SecurityProfile", "integer", options.Url.Scheme == "wss" ? "2" : "1");
        Setting(new Variable("SecurityCtrlr", "OrganizationName") { NeedsReboot = true, Value = null! }, "Amps");
        Setting(new Variable("SecurityCtrlr", "BasicAuthPassword") { Mutability = "WriteOnly", MinLength = 16, MaxLength = 40, Value = null! }, "");
        Switch("AuthCtrlr", "Enabled", true);
        Switch("AuthCtrlr", "AuthorizeRemoteStart", false);
        Switch("AuthCtrlr", "LocalAuthorizeOffline", true);
        Switch("AuthCtrlr", "LocalPreAuthorize", false);
        Switch("AuthCtrlr", "OfflineTxForUnknownIdEnabled", false);
        Switch("AuthCacheCtrlr", "Enabled", true);
        Switch("LocalAuthListCtrlr", "Enabled", true);
    }

    private void AddTransactions()
    {
        string[] points = [.. Enum.GetNames<TxPoints>().Where(static name => name != nameof(TxPoints.None))];
        Members("TxCtrlr", "TxStartPoint", points, nameof(TxPoints.PowerPathClosed));
        Members("TxCtrlr", "TxStopPoint", points, $"{nameof(TxPoints.EVConnected)},{nameof(TxPoints.Authorized)}");
        Number("TxCtrlr", "EVConnectionTimeOut", 60, "s");
        Switch("TxCtrlr", "StopTxOnEVSideDisconnect", true);
        Switch("TxCtrlr", "StopTxOnInvalidId", true);
    }

    private void AddSampling(SimulatedChargePointOptions options)
    {
        Switch("SampledDataCtrlr", "Enabled", true);
        Members("SampledDataCtrlr", "TxStartedMeasurands", Measurands, Register);
        Members("SampledDataCtrlr", "TxUpdatedMeasurands", Measurands, string.Join(',', Measurands));
        Members("SampledDataCtrlr", "TxEndedMeasurands", Measurands, Register);
        Number("SampledDataCtrlr", "TxUpdatedInterval", options.MeterValueSampleInterval, "s");
        Switch("AlignedDataCtrlr", "Enabled", true);
        Members("AlignedDataCtrlr", "Measurands", Measurands, string.Join(',', Measurands));
        Number("AlignedDataCtrlr", "Interval", 0, "s");
    }

    private void AddSmartCharging()
    {
        Switch("SmartChargingCtrlr", "Enabled", true);
        Fixed("SmartChargingCtrlr", "Available", "boolean", "true");
        Fixed("SmartChargingCtrlr", "ProfileStackLevel", "integer", Number(ProfileRules.MaxStackLevel));
        Fixed("SmartChargingCtrlr", "RateUnit", "MemberList", "A,W");
        Fixed("SmartChargingCtrlr", "PeriodsPerSchedule", "integer", Number(ProfileRules.MaxPeriods));
        Fixed("SmartChargingCtrlr", "Entries", "integer", Number(ProfileRules.MaxInstalled), "ChargingProfiles");
        Fixed("SmartChargingCtrlr", "ACPhaseSwitchingSupported", "boolean", "false");
        Fixed("SmartChargingCtrlr", "LimitChangeSignificance", "decimal", "1", unit: "Percent");
    }

    private void AddLimitsOfMessages()
    {
        foreach (string message in new[] { "GetReport", "GetVariables", "SetVariables" })
        {
            Fixed("DeviceDataCtrlr", "ItemsPerMessage", "integer", Number(SimulatedStation.ItemsPerMessage), message);
            Fixed("DeviceDataCtrlr", "BytesPerMessage", "integer", "65536", message);
        }
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
