using System.Text.Json;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Api;

/// <summary>Writes actions as apps see them (canonical API, section 5).</summary>
internal static class ActionJson
{
    /// <summary>The short form that answers a push.</summary>
    public static void WriteAccepted(Utf8JsonWriter json, ActionRecord action)
    {
        json.WriteStartObject();
        WriteHead(json, action);
        json.WriteString("state"u8, StateName(action.State));
        Envelope.WriteTime(json, "createdAt"u8, action.CreatedAt);
        Envelope.WriteTime(json, "start"u8, action.Start);
        if (action.End is not null)
            Envelope.WriteTime(json, "end"u8, action.End);
        WriteLinks(json, action.Id);
        json.WriteEndObject();
    }

    /// <summary>The whole record.</summary>
    public static void Write(Utf8JsonWriter json, ActionRecord action)
    {
        json.WriteStartObject();
        WriteHead(json, action);
        json.WriteString("state"u8, StateName(action.State));
        WriteResult(json, action.Result);
        json.WriteString("errorCode"u8, action.ErrorCode);
        json.WriteString("errorMessage"u8, action.ErrorMessage);
        Envelope.WriteTime(json, "createdAt"u8, action.CreatedAt);
        Envelope.WriteTime(json, "updatedAt"u8, action.UpdatedAt);
        Envelope.WriteTime(json, "acknowledgedAt"u8, action.AcknowledgedAt);
        Envelope.WriteTime(json, "completedAt"u8, action.CompletedAt);
        Envelope.WriteTime(json, "start"u8, action.Start);
        Envelope.WriteTime(json, "end"u8, action.End);
        WriteLinks(json, action.Id);
        json.WriteEndObject();
    }

    public static void WriteLinks(Utf8JsonWriter json, ActionId id)
    {
        json.WriteStartObject("links"u8);
        json.WriteString("self"u8, $"/actions/{id.Value}");
        json.WriteEndObject();
    }

    public static ReadOnlySpan<byte> CommandName(ChargerCommand command) => command == ChargerCommand.Charge ? "charge"u8 : "idle"u8;

    public static ReadOnlySpan<byte> StateName(ActionState state) => state switch
    {
        ActionState.Scheduled => "scheduled"u8,
        ActionState.Acknowledged => "acknowledged"u8,
        ActionState.Completed => "completed"u8,
        ActionState.Failed => "failed"u8,
        _ => "cancelled"u8,
    };

    private static void WriteHead(Utf8JsonWriter json, ActionRecord action)
    {
        json.WriteString("id"u8, action.Id.Value);
        json.WriteString("deviceId"u8, action.DeviceId.Name);
        json.WriteString("deviceType"u8, ActionEndpoints.DeviceType);
        json.WriteString("command"u8, CommandName(action.Command));
        json.WriteNull("parameters"u8);
    }

    private static void WriteResult(Utf8JsonWriter json, ActionResult? result)
    {
        if (result is null)
        {
            json.WriteNull("result"u8);
            return;
        }
        json.WriteStartObject("result"u8);
        json.WriteBoolean("success"u8, result.Success);
        json.WriteString("message"u8, result.Message);
        if (result.ConfirmedBy is not null)
            json.WriteString("confirmedBy"u8, result.ConfirmedBy);
        if (result.TransactionId is not null)
            json.WriteString("transactionId"u8, result.TransactionId);
        if (result.SessionHeld is { } held)
            json.WriteBoolean("sessionHeld"u8, held);
        if (result.Outcome is not null)
            json.WriteString("outcome"u8, result.Outcome);
        json.WriteEndObject();
    }
}
