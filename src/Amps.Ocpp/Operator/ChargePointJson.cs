using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Operator;

/// <summary>Writes a charge point as the operator sees it: record, link, boot data, what was learned, devices, unmet limits.</summary>
internal static class ChargePointJson
{
    private const string NeverConnected = "the charge point has not connected since the service was started";

    public static void Write(Utf8JsonWriter json, (ChargePointRecord Record, LinkView Link) view)
    {
        (ChargePointRecord record, LinkView link) = view;
        json.WriteStartObject();
        json.WriteString("id", record.Id.Value);
        json.WriteString("customerId", record.CustomerId);
        json.WriteString("userId", record.UserId);
        json.WriteString("environment", Lower(record.Environment.ToString()));
        json.WriteString("admission", Lower(record.Admission.ToString()));
        json.WriteBoolean("hasPassword", record.Password is not null);
        json.WriteBoolean("passwordChangePending", !record.NextPasswords.IsEmpty);
        Envelope.WriteTime(json, "createdAt"u8, record.CreatedAt);
        WriteConfiguration(json, record.Configuration);
        WriteLink(json, link);
        WriteBoot(json, record.Boot);
        BehaviourJson.Write(json, record);
        WriteDevices(json, record, link);
        json.WriteEndObject();
    }

    private static void WriteConfiguration(Utf8JsonWriter json, ChargePointConfiguration configuration)
    {
        WriteNumber(json, "securityProfile", configuration.SecurityProfile);
        json.WriteString("ocppVersion", configuration.OcppVersion);
        json.WriteString("timeZone", configuration.TimeZone);
        json.WriteString("vendor", configuration.Vendor);
        json.WriteString("model", configuration.Model);
        WriteNumber(json, "phases", configuration.Phases);
        WriteNumber(json, "nominalVoltage", configuration.NominalVoltage);
        WriteNumber(json, "ratedPowerKw", configuration.RatedPowerKw);
        json.WriteString("idleStrategy", configuration.IdleStrategy?.ToString());
        WriteNumber(json, "callTimeoutSeconds", configuration.CallTimeoutSeconds);
        WriteFlag(json, "stationMaxProfile", configuration.StationMaxProfile);
        WriteFlag(json, "clearForeignProfiles", configuration.ClearForeignProfiles);
        ClientCertificateBody.Write(json, configuration.ClientCertificates);
    }

    private static void WriteLink(Utf8JsonWriter json, LinkView link)
    {
        json.WriteStartObject("link");
        json.WriteBoolean("online", link.Online);
        json.WriteBoolean("ready", link.Ready);
        Envelope.WriteTime(json, "since"u8, link.Since);
        json.WriteString("ocppVersion", link.OcppVersion);
        WriteNumber(json, "generation", link.Generation);
        json.WriteString("externalLimit", link.ExternalLimit);
        json.WriteString("stationLimitRefused", link.StationLimitRefused);
        json.WriteEndObject();
    }

    private static void WriteBoot(Utf8JsonWriter json, BootData? boot)
    {
        if (boot is null)
        {
            json.WriteNull("boot");
            return;
        }
        json.WriteStartObject("boot");
        json.WriteString("vendor", boot.Vendor);
        json.WriteString("model", boot.Model);
        json.WriteString("serialNumber", boot.SerialNumber);
        json.WriteString("firmwareVersion", boot.FirmwareVersion);
        json.WriteString("ocppVersion", boot.OcppVersion);
        Envelope.WriteTime(json, "at"u8, boot.At);
        json.WriteEndObject();
    }

    private static void WriteDevices(Utf8JsonWriter json, ChargePointRecord record, LinkView link)
    {
        json.WriteStartArray("devices");
        foreach (DeviceRecord device in record.Devices)
        {
            ChargerView? charger = link.Chargers.FirstOrDefault(view => view.ConnectorId == device.ConnectorId);
            json.WriteStartObject();
            json.WriteString("deviceId", device.Id.Value);
            json.WriteNumber("connectorId", device.ConnectorId);
            json.WriteString("status", charger is { Snapshot.ReportedStatus: { } reported } ? reported : null);
            json.WriteString("errorCode", charger?.Snapshot.ErrorCode);
            json.WriteString("transactionId", charger?.Snapshot.TransactionId);
            WriteNumber(json, "maxChargeRateKw", device.MaxChargeRate?.Kilowatts);
            WriteNumber(json, "appliedCapKw", charger?.Snapshot.AppliedCap);
            json.WriteString("unmetLimit", charger is null && device.MaxChargeRate is not null ? NeverConnected : charger?.UnmetLimit);
            json.WriteString("capVerifiedBy", charger?.CapVerifiedBy);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
            json.WriteBoolean(name, flag);
        else
            json.WriteNull(name);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static string Lower(string text) => text.ToLower(CultureInfo.InvariantCulture);
}
