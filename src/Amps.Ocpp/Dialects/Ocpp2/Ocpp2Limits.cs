using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>Limits as 2.x charging profiles, within the rules of use case K01.</summary>
internal sealed class Ocpp2Limits(ChargePoint chargePoint, IOcppCalls calls, TimeProvider time) : ProfileLimits(chargePoint, calls, time)
{
    /// <summary>The profile that a RequestStartTransaction carries: of the transaction to come, so it names none (F01.FR.10).</summary>
    public ChargingProfile ForStart(LimitRequest limit) => Profile(limit with { TransactionId = null }, Known(), ofTransaction: true);

    protected override byte[] SetPayload(LimitRequest limit, LimitForm form) => Ocpp2Json.Write(
        new SetChargingProfile(form.OnConnectorZero ? 0 : limit.ConnectorId, Profile(limit, form, limit.TransactionId is not null)),
        Ocpp2Json.Default.SetChargingProfile);

    protected override byte[] ClearPayload(int profileId) =>
        Ocpp2Json.Write(new ClearChargingProfile(profileId), Ocpp2Json.Default.ClearChargingProfile);

    protected override byte[] ReadPayload(int connectorId, int seconds, string unit) =>
        Ocpp2Json.Write(new GetCompositeSchedule(seconds, connectorId, unit), Ocpp2Json.Default.GetCompositeSchedule);

    protected override LimitReading? Reading(ReadOnlySpan<byte> composite) =>
        Ocpp2Json.TryRead(composite, Ocpp2Json.Default.CompositeAnswer) is { Status: "Accepted", Schedule: { ChargingSchedulePeriod: [{ } first, ..] } schedule }
            ? Reading(first.Limit, schedule.ChargingRateUnit, first.NumberPhases)
            : null;

    /// <summary>
    /// One period without an end: Absolute with a start (K01.FR.40), Relative without one (K01.FR.41), a TxProfile with its
    /// transaction (K01.FR.03) and on an EVSE (K01.FR.34).
    /// </summary>
    private ChargingProfile Profile(LimitRequest limit, LimitForm form, bool ofTransaction)
    {
        int id = ProfileId(limit.ConnectorId, ofTransaction);
        return new ChargingProfile
        {
            Id = id,
            StackLevel = form.StackLevel,
            ChargingProfilePurpose = Purpose(ofTransaction),
            ChargingProfileKind = form.Kind,
            TransactionId = limit.TransactionId,
            ChargingSchedule =
            [
                new ChargingSchedule
                {
                    Id = id,
                    StartSchedule = StartOf(form),
                    ChargingRateUnit = form.Unit,
                    ChargingSchedulePeriod = [new ChargingSchedulePeriod(0, form.ValueOf(limit), limit.Phases)],
                },
            ],
        };
    }
}
