using System.Text.Json.Serialization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Telemetry;

/// <summary>An entry of the events topic.</summary>
/// <param name="Event">What happened, e.g. <c>transactionStarted</c>.</param>
/// <param name="At">UTC.</param>
/// <param name="Detail">What it is about, e.g. the transaction's id.</param>
/// <param name="Node">The node that saw it.</param>
internal sealed record EventMessage(string Event, DateTimeOffset At, string? Detail, string Node);

/// <summary>An entry of the telemetry topic: a sample as it came, normalised to kW, A, V, kWh, percent.</summary>
internal sealed record SampleMessage(DateTimeOffset ReceivedAt, string? TransactionId, MeterSample Sample);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(EventMessage))]
[JsonSerializable(typeof(SampleMessage))]
internal sealed partial class TelemetryJson : JsonSerializerContext;
