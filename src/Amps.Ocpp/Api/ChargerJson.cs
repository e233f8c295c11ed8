using System.Text.Json;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Api;

/// <summary>Everything one canonical charger object is made of.</summary>
internal readonly record struct ChargerView(DeviceEntry Device, Reading Reading, ActionRecord? LastAction, bool WithSettings);

/// <summary>Writes the canonical charger object (canonical API, section 4).</summary>
internal static class ChargerJson
{
    public static void Write(Utf8JsonWriter json, ChargerView view)
    {
        ChargePointRecord chargePoint = view.Device.ChargePoint;
        ChargerSnapshot snapshot = view.Reading.Snapshot;
        double? rated = DeviceBounds.RatedKw(chargePoint, snapshot);
        json.WriteStartObject();
        json.WriteString("id"u8, view.Device.Device.Id.Name);
        json.WriteString("vendor"u8, chargePoint.Configuration.Vendor ?? chargePoint.Boot?.Vendor);

        json.WriteStartObject("sync"u8);
        json.WriteBoolean("available"u8, view.Reading.Source != ReadingSource.Fallback);
        Envelope.WriteTime(json, "lastPulledAt"u8, snapshot.ObservedAt);
        json.WriteEndObject();

        json.WriteStartObject("metadata"u8);
        json.WriteString("model"u8, chargePoint.Configuration.Model ?? chargePoint.Boot?.Model);
        json.WriteString("source"u8, SourceName(view.Reading.Source));
        json.WriteEndObject();

        json.WriteStartObject("state"u8);
        json.WriteString("status"u8, StatusName(snapshot.Status));
        json.WriteBoolean("isConnected"u8, snapshot.IsConnected);
        json.WriteBoolean("isCharging"u8, snapshot.IsCharging);
        WriteNumber(json, "currentPower"u8, snapshot.CurrentPower);
        WriteNumber(json, "maxCurrent"u8, snapshot.MaxCurrent);
        WriteNumber(json, "powerRateLimit"u8, rated);
        json.WriteEndObject();

        json.WriteStartArray("conflictStrategies"u8);
        json.WriteStringValue("cancel_and_replace"u8);
        json.WriteEndArray();
        WriteCommands(json);
        if (view.WithSettings)
            WriteSettings(json, view.Device.Device, rated, DeviceBounds.MaxKw(chargePoint, snapshot));
        WriteLastAction(json, view.LastAction);
        WriteSchedule(json, view.LastAction);
        json.WriteEndObject();
    }

    /// <summary>The pending action; there is at most one, and it is the newest.</summary>
    private static void WriteSchedule(Utf8JsonWriter json, ActionRecord? action)
    {
        if (action is not { State: ActionState.Scheduled })
        {
            json.WriteNull("currentSchedule"u8);
            return;
        }
        json.WriteStartObject("currentSchedule"u8);
        json.WriteString("actionId"u8, action.Id.Value);
        json.WriteString("command"u8, ActionJson.CommandName(action.Command));
        Envelope.WriteTime(json, "start"u8, action.Start);
        Envelope.WriteTime(json, "end"u8, action.End);
        json.WriteEndObject();
    }

    private static void WriteCommands(Utf8JsonWriter json)
    {
        json.WriteStartObject("commands"u8);
        foreach (ChargerCommand command in (ReadOnlySpan<ChargerCommand>)[ChargerCommand.Charge, ChargerCommand.Idle])
        {
            json.WriteStartObject(ActionJson.CommandName(command));
            json.WriteStartObject("parameters"u8);
            json.WriteEndObject();
            json.WriteStartArray("execution"u8);
            json.WriteStringValue("immediate"u8);
            json.WriteStringValue("scheduled"u8);
            // An idle holds by itself; only energy has a window.
            if (command == ChargerCommand.Charge)
                json.WriteStringValue("windowed"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteSettings(Utf8JsonWriter json, DeviceRecord device, double? rated, double max)
    {
        json.WriteStartObject("settings"u8);
        json.WriteStartObject("max_charge_rate"u8);
        WriteNumber(json, "value"u8, device.MaxChargeRate?.Kilowatts ?? rated);
        json.WriteString("unit"u8, DeviceBounds.Unit);
        json.WriteNumber("min"u8, 0);
        json.WriteNumber("max"u8, max);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLastAction(Utf8JsonWriter json, ActionRecord? action)
    {
        if (action is null)
        {
            json.WriteNull("lastAction"u8);
            return;
        }
        json.WriteStartObject("lastAction"u8);
        json.WriteString("id"u8, action.Id.Value);
        json.WriteString("command"u8, ActionJson.CommandName(action.Command));
        json.WriteString("state"u8, ActionJson.StateName(action.State));
        Envelope.WriteTime(json, "createdAt"u8, action.CreatedAt);
        Envelope.WriteTime(json, "updatedAt"u8, action.UpdatedAt);
        json.WriteString("errorCode"u8, action.ErrorCode);
        json.WriteString("errorMessage"u8, action.ErrorMessage);
        ActionJson.WriteLinks(json, action.Id);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static ReadOnlySpan<byte> SourceName(ReadingSource source) => source switch
    {
        ReadingSource.Cache => "cache"u8,
        ReadingSource.Live => "live"u8,
        ReadingSource.Projection => "projection"u8,
        _ => "fallback"u8,
    };

    private static ReadOnlySpan<byte> StatusName(ChargerStatus status) => status switch
    {
        ChargerStatus.Available => "available"u8,
        ChargerStatus.Preparing => "preparing"u8,
        ChargerStatus.Charging => "charging"u8,
        ChargerStatus.Paused => "paused"u8,
        ChargerStatus.Finishing => "finishing"u8,
        ChargerStatus.Reserved => "reserved"u8,
        ChargerStatus.Unavailable => "unavailable"u8,
        _ => "faulted"u8,
    };
}
