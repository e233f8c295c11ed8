using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amps.Ocpp.Dialects.Metering;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>A StartTransaction with its time understood.</summary>
internal sealed record StartTransaction(int ConnectorId, string IdTag, double MeterStart, DateTimeOffset Timestamp);

/// <summary>A StopTransaction with its time understood.</summary>
internal sealed record StopTransaction(long TransactionId, double MeterStop, DateTimeOffset Timestamp, string? Reason, string? IdTag);

/// <summary>What a charge point says is in force from now on.</summary>
internal sealed record CompositeSchedule(string Status, double? FirstLimit, string? Unit, int? NumberPhases);

/// <summary>Reads and writes the 1.6 payloads that this service uses; what is read has passed the shape check.</summary>
internal static class Ocpp16Messages
{
    public static BootNotification ReadBootNotification(ReadOnlySpan<byte> payload) => Read(payload, Ocpp16Json.Default.BootNotification);

    public static StatusNotification ReadStatusNotification(ReadOnlySpan<byte> payload) => Read(payload, Ocpp16Json.Default.StatusNotification);

    public static MeterValues ReadMeterValues(ReadOnlySpan<byte> payload) => MeterValuesReader.Read(payload);

    public static Authorize ReadAuthorize(ReadOnlySpan<byte> payload) => Read(payload, Ocpp16Json.Default.Authorize);

    /// <summary>Null when its time cannot be understood.</summary>
    public static StartTransaction? ReadStartTransaction(ReadOnlySpan<byte> payload)
    {
        StartTransactionPayload start = Read(payload, Ocpp16Json.Default.StartTransactionPayload);
        return ChargerTime.Read(start.Timestamp) is { } time ? new StartTransaction(start.ConnectorId, start.IdTag, start.MeterStart, time) : null;
    }

    /// <summary>Null when its time cannot be understood.</summary>
    public static StopTransaction? ReadStopTransaction(ReadOnlySpan<byte> payload)
    {
        StopTransactionPayload stop = Read(payload, Ocpp16Json.Default.StopTransactionPayload);
        return ChargerTime.Read(stop.Timestamp) is { } time ? new StopTransaction(stop.TransactionId, stop.MeterStop, time, stop.Reason, stop.IdTag) : null;
    }

    /// <summary>The keys of a GetConfiguration answer; none when it cannot be read.</summary>
    public static IReadOnlyList<ConfigurationKey> ReadConfiguration(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, Ocpp16Json.Default.ConfigurationAnswer)?.ConfigurationKey?.Where(key => key?.Key is not null).ToArray() ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static CompositeSchedule? ReadCompositeSchedule(ReadOnlySpan<byte> payload)
    {
        try
        {
            if (JsonSerializer.Deserialize(payload, Ocpp16Json.Default.CompositeAnswer) is not { Status: { } status } answer)
                return null;
            ChargingSchedulePeriod? first = answer.ChargingSchedule?.ChargingSchedulePeriod is [var period, ..] ? period : null;
            return new CompositeSchedule(status, first?.Limit, answer.ChargingSchedule?.ChargingRateUnit, first?.NumberPhases);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static byte[] StartTransactionAnswer(long transactionId, string status, string? parentIdTag) =>
        Write(new StartAnswer(transactionId, new IdTagInfo(status, parentIdTag)), Ocpp16Json.Default.StartAnswer);

    /// <summary>The answer to Authorize, and to a StopTransaction that carries an id tag.</summary>
    public static byte[] AuthorizeAnswer(string status, string? parentIdTag) =>
        Write(new IdTagAnswer(new IdTagInfo(status, parentIdTag)), Ocpp16Json.Default.IdTagAnswer);

    public static byte[] RemoteStartTransaction(int connectorId, string idTag, ChargingProfile? profile) =>
        Write(new RemoteStartTransaction(connectorId, idTag, profile), Ocpp16Json.Default.RemoteStartTransaction);

    public static byte[] RemoteStopTransaction(string transactionId) =>
        Write(new RemoteStopTransaction(int.Parse(transactionId, System.Globalization.CultureInfo.InvariantCulture)), Ocpp16Json.Default.RemoteStopTransaction);

    public static byte[] SetChargingProfile(int connectorId, ChargingProfile profile) =>
        Write(new SetChargingProfile(connectorId, profile), Ocpp16Json.Default.SetChargingProfile);

    public static byte[] ClearChargingProfile(int profileId) => Write(new ClearChargingProfile(profileId), Ocpp16Json.Default.ClearChargingProfile);

    public static byte[] ClearChargingProfile(string purpose, int? connectorId) =>
        Write(new ClearChargingProfile(null, connectorId, purpose), Ocpp16Json.Default.ClearChargingProfile);

    public static byte[] GetCompositeSchedule(int connectorId, int duration, string unit) =>
        Write(new GetCompositeSchedule(connectorId, duration, unit), Ocpp16Json.Default.GetCompositeSchedule);

    public static byte[] TriggerMessage(string message, int? connectorId) =>
        Write(new TriggerMessage(message, connectorId), Ocpp16Json.Default.TriggerMessage);

    public static byte[] GetConfiguration(string[] keys) => Write(new GetConfiguration(keys), Ocpp16Json.Default.GetConfiguration);

    public static byte[] ChangeConfiguration(string key, string value) =>
        Write(new ChangeConfiguration(key, value), Ocpp16Json.Default.ChangeConfiguration);

    private static byte[] Write<T>(T payload, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(payload, type);

    private static T Read<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(payload, type) ?? throw new JsonException("The payload is null.");
}
