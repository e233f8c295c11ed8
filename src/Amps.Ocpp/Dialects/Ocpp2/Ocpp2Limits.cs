using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>Limits as 2.x charging profiles, within the rules of use case K01.</summary>
internal sealed class Ocpp2Limits(ChargePoint chargePoint, IOcppCalls calls, ProfileReports stored, TimeProvider time) : ProfileLimits(chargePoint, calls, time)
{
    /// <summary>The profile that a RequestStartTransaction carries: of the transaction to come, so it names none (F01.FR.10).</summary>
    public ChargingProfile ForStart(LimitRequest limit) => Profile(limit with { TransactionId = null }, Known(), ProfileId(limit.ConnectorId, ofTransaction: true), Purpose(ofTransaction: true));

    /// <summary>What the station keeps of a limit of ours (use case K09).</summary>
    public async Task<StoredLimit?> ReadStoredAsync(int connectorId, string? transactionId, CancellationToken cancellationToken)
    {
        bool running = transactionId is not null;
        int id = ProfileId(connectorId, running);
        ProfileList? list = await stored.AskAsync(running ? connectorId : PlaceOf(connectorId), new ProfileCriterion([id]), cancellationToken);
        KeptProfile? ours = list?.Profiles.FirstOrDefault(kept => kept.Profile.Id == id && kept.Profile.TransactionId == transactionId);
        return ours is not null ? new StoredLimit(Highest(ours.Profile) ?? new LimitReading(null, null, null))
            : list is { IsWhole: true } ? new StoredLimit(null) : null;
    }

    private static LimitReading? Highest(ReportedProfile profile)
    {
        LimitReading? highest = null;
        foreach (CompositeSchedule schedule in profile.ChargingSchedule ?? [])
        {
            foreach (ChargingSchedulePeriod period in schedule.ChargingSchedulePeriod ?? [])
            {
                if (Reading(period.Limit, schedule.ChargingRateUnit, period.NumberPhases) is { } reading && !(reading.Watts <= highest?.Watts || reading.Amperes <= highest?.Amperes))
                    highest = reading;
            }
        }
        return highest;
    }

    protected override byte[] SetPayload(LimitRequest limit, LimitForm form, int profileId, string purpose) => Ocpp2Json.Write(
        new SetChargingProfile(form.OnConnectorZero ? 0 : limit.ConnectorId, Profile(limit, form, profileId, purpose)),
        Ocpp2Json.Default.SetChargingProfile);

    protected override byte[] ClearPayload(int profileId) =>
        Ocpp2Json.Write(new ClearChargingProfile(profileId, null), Ocpp2Json.Default.ClearChargingProfile);

    protected override byte[] ClearPayload(string purpose, int? connectorId) => Ocpp2Json.Write(
        new ClearChargingProfile(null, new ClearCriteria(connectorId, purpose)), Ocpp2Json.Default.ClearChargingProfile);

    protected override string StationPurpose => "ChargingStationMaxProfile";

    /// <summary>A station that tells what it keeps loses only what other central systems left; for an EVSE only what ours cannot stand above.</summary>
    public override async Task<ForeignClearing> ClearForeignAsync(int? connectorId, CancellationToken cancellationToken)
    {
        if (await stored.AskAsync(null, new ProfileCriterion(ChargingLimitSource: [ProfileReports.CentralSystem]), cancellationToken) is not { } list)
            return await base.ClearForeignAsync(connectorId, cancellationToken);
        var status = CallStatus.Accepted;
        List<string> gone = [];
        foreach (KeptProfile kept in list.Profiles)
        {
            ReportedProfile profile = kept.Profile;
            bool stands = connectorId is null
                || ((kept.EvseId == 0 || kept.EvseId == connectorId) && profile.StackLevel >= Known().StackLevel && profile.ChargingProfilePurpose != StationPurpose);
            if (kept.Source != ProfileReports.CentralSystem || IsOurs(profile.Id) || !stands)
                continue;
            CallAnswerSummary answer = await Calls.AskAsync("ClearChargingProfile", ClearPayload(profile.Id), cancellationToken);
            if (answer.Accepted)
                gone.Add(FormattableString.Invariant($"{profile.ChargingProfilePurpose} {profile.Id} of EVSE {kept.EvseId}"));
            else
                status = answer.Status;
        }
        return new ForeignClearing(status, gone.Count == 0 ? null : string.Join(", ", gone), OwnToo: false);
    }

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
    private ChargingProfile Profile(LimitRequest limit, LimitForm form, int id, string purpose)
    {
        return new ChargingProfile
        {
            Id = id,
            StackLevel = form.StackLevel,
            ChargingProfilePurpose = purpose,
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
