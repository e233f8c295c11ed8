namespace Amps.Ocpp.Dialects.Metering;

/// <summary>A MeterValues message.</summary>
/// <param name="ConnectorId">Connector (1.6) or EVSE (2.x); 0 = the main meter.</param>
internal sealed record MeterValues(int ConnectorId, long? TransactionId, MeterValue[] MeterValue);

/// <summary>Samples of one time, as they came.</summary>
internal sealed record MeterValue(string Timestamp, SampledValue[] SampledValue);

/// <summary>One sample as it came (OCPP 1.6 section 7.43; 2.x SampledValueType, whose number is kept as its text).</summary>
/// <param name="Multiplier">Power of ten to apply (2.x unitOfMeasure).</param>
internal readonly record struct SampledValue(
    string Value, string? Context, string? Format, string? Measurand, string? Phase, string? Location, string? Unit, int Multiplier = 0);
