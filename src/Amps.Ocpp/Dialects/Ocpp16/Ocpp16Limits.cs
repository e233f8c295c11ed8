using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Limits as 1.6 charging profiles.</summary>
internal sealed class Ocpp16Limits(ChargePoint chargePoint, IOcppCalls calls, TimeProvider time) : ProfileLimits(chargePoint, calls, time)
{
    /// <summary>The profile that a RemoteStartTransaction carries: the cap of the transaction that is to start.</summary>
    public ChargingProfile ForStart(LimitRequest limit) => Profile(limit with { TransactionId = null }, Known(), ProfileId(limit.ConnectorId, ofTransaction: true), Purpose(ofTransaction: true));

    protected override byte[] SetPayload(LimitRequest limit, LimitForm form, int profileId, string purpose) =>
        Ocpp16Messages.SetChargingProfile(form.OnConnectorZero ? 0 : limit.ConnectorId, Profile(limit, form, profileId, purpose));

    protected override byte[] ClearPayload(int profileId) => Ocpp16Messages.ClearChargingProfile(profileId);

    protected override byte[] ClearPayload(string purpose, int? connectorId) => Ocpp16Messages.ClearChargingProfile(purpose, connectorId);

    protected override string StationPurpose => "ChargePointMaxProfile";

    protected override byte[] ReadPayload(int connectorId, int seconds, string unit) => Ocpp16Messages.GetCompositeSchedule(connectorId, seconds, unit);

    protected override LimitReading? Reading(ReadOnlySpan<byte> composite) =>
        Ocpp16Messages.ReadCompositeSchedule(composite) is { Status: "Accepted" } told ? Reading(told.FirstLimit, told.Unit, told.NumberPhases) : null;

    private ChargingProfile Profile(LimitRequest limit, LimitForm form, int profileId, string purpose)
    {
        int? transaction = limit.TransactionId is { } text && int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int number) ? number : null;
        return new ChargingProfile
        {
            ChargingProfileId = profileId,
            TransactionId = transaction,
            StackLevel = form.StackLevel,
            ChargingProfilePurpose = purpose,
            ChargingProfileKind = form.Kind,
            ChargingSchedule = new ChargingSchedule
            {
                StartSchedule = StartOf(form),
                ChargingRateUnit = form.Unit,
                ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = form.ValueOf(limit), NumberPhases = limit.Phases }],
            },
        };
    }
}
