using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>The end of an action as webhooks tell it (canonical API, section 9): flat, an error only where it failed.</summary>
internal static class PushEvents
{
    /// <summary>The event of an action that has completed or failed; a cancelled one has none.</summary>
    public static OutboxEvent Of(ActionRecord ended)
    {
        bool failed = ended.State == ActionState.Failed;
        var body = new PushEndedBody
        {
            ActionId = ended.Id.Value,
            DeviceId = ended.DeviceId.Name,
            Command = ended.Command == ChargerCommand.Charge ? "charge" : "idle",
            Result = ended.Result,
            CompletedAt = OutboxEvent.TimeText(ended.CompletedAt),
            ErrorCode = failed ? ended.ErrorCode : null,
            ErrorMessage = failed ? ended.ErrorMessage : null,
        };
        return new OutboxEvent(
            OutboxEvent.NewId(ended.UpdatedAt),
            failed ? OutboxEventTypes.PushFailed : OutboxEventTypes.PushCompleted,
            ended.CustomerId,
            ended.Environment,
            ended.DeviceId,
            ended.UpdatedAt,
            JsonSerializer.SerializeToUtf8Bytes(body, PushEventJson.Default.PushEndedBody));
    }
}

/// <summary>The body; its members are in the order in which they are written.</summary>
internal sealed record PushEndedBody
{
    public required string ActionId { get; init; }

    public required string DeviceId { get; init; }

    public string DeviceType { get; init; } = DeviceTypes.EvCharger;

    public required string Command { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Parameters { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ActionResult? Result { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? CompletedAt { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PushEndedBody))]
internal sealed partial class PushEventJson : JsonSerializerContext;
