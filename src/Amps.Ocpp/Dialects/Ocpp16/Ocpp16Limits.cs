using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>
/// Limits as 1.6 charging profiles: the form the charge point is known to take, and when it refuses, the ladder of forms
/// (charger behaviour, section 5, points 1 to 3; quirks Q59 to Q70). What worked is learned.
/// </summary>
internal sealed class Ocpp16Limits(ChargePoint chargePoint, Ocpp16Session session, TimeProvider time)
{
    private const int DefaultProfileIds = 1000;
    private const int TransactionProfileIds = 2000;
    private const int ScheduleSeconds = 300;
    private const int HighestStackLevel = 100;

    /// <summary>One way to write a limit.</summary>
    private readonly record struct Form(string Unit, int StackLevel, string Kind, bool OnConnectorZero);

    /// <summary>The profile that a RemoteStartTransaction carries: the cap of the transaction that is to start.</summary>
    public ChargingProfile ForStart(LimitRequest limit) =>
        Profile(limit with { TransactionId = null }, Known(), "TxProfile", TransactionProfileIds + limit.ConnectorId);

    public async Task<CallAnswerSummary> SetAsync(LimitRequest limit, CancellationToken cancellationToken)
    {
        var answer = new CallAnswerSummary(CallStatus.Rejected);
        foreach (Form form in Ladder(limit.TransactionId is not null))
        {
            bool running = limit.TransactionId is not null;
            ChargingProfile profile = Profile(
                limit, form, running ? "TxProfile" : "TxDefaultProfile", (running ? TransactionProfileIds : DefaultProfileIds) + limit.ConnectorId);
            answer = await session.AskAsync(
                "SetChargingProfile", Ocpp16Messages.SetChargingProfile(form.OnConnectorZero ? 0 : limit.ConnectorId, profile), cancellationToken);
            if (answer.Accepted)
            {
                Learn(form, running);
                return answer;
            }
            // Only a refusal or a silence (quirk Q66) says something about the form; anything else ends the attempt.
            if (answer.Status is not (CallStatus.Rejected or CallStatus.TimedOut) || cancellationToken.IsCancellationRequested)
                return answer;
        }
        return answer;
    }

    /// <summary>Removes the profile of a running transaction by its id.</summary>
    public Task<CallAnswerSummary> ClearAsync(int connectorId, CancellationToken cancellationToken) =>
        session.AskAsync("ClearChargingProfile", Ocpp16Messages.ClearChargingProfile(TransactionProfileIds + connectorId), cancellationToken);

    public async Task<LimitReading?> ReadAsync(int connectorId, bool inWatts, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await session.SendAsync(
            "GetCompositeSchedule", Ocpp16Messages.GetCompositeSchedule(connectorId, ScheduleSeconds, inWatts ? "W" : "A"), cancellationToken);
        if (!outcome.IsResult || Ocpp16Messages.ReadCompositeSchedule(outcome.Payload.Span) is not { Status: "Accepted" } composite
            || composite.FirstLimit is not { } value)
        {
            return null;
        }
        return composite.Unit == "W"
            ? new LimitReading(null, value, composite.NumberPhases)
            : new LimitReading(value, null, composite.NumberPhases);
    }

    /// <summary>The form to begin with: what was learned, else what the charge point announces, else the commonest.</summary>
    private Form Known()
    {
        LearnedBehaviour learned = chargePoint.Learned;
        return new Form(
            learned.RateUnit ?? "A",
            learned.StackLevel ?? Math.Min(learned.MaxStackLevel ?? 0, HighestStackLevel),
            learned.ProfileKind ?? "Absolute",
            learned.ProfileOnConnectorZero ?? false);
    }

    private IEnumerable<Form> Ladder(bool running)
    {
        Form known = Known();
        var tried = new HashSet<Form>();
        string other = known.Unit == "A" ? "W" : "A";
        bool single = chargePoint.Chargers.Count() == 1 && !running;
        Form[] steps =
        [
            known,
            known with { StackLevel = 0 },
            known with { StackLevel = 0, Kind = "Relative" },
            known with { StackLevel = 0, Kind = "Absolute" },
            known with { StackLevel = 0, Kind = "Absolute", OnConnectorZero = true },
            known with { Unit = other },
            known with { Unit = other, StackLevel = 0, Kind = "Absolute" },
            known with { Unit = other, StackLevel = 0, Kind = "Relative" },
        ];
        foreach (Form step in steps)
        {
            Form form = running ? step with { OnConnectorZero = false } : step;
            if (form.OnConnectorZero && !single)
                continue;
            if (tried.Add(form))
                yield return form;
        }
    }

    private void Learn(Form form, bool running) => chargePoint.Learn(learned => learned with
    {
        RateUnit = form.Unit,
        StackLevel = form.StackLevel,
        ProfileKind = form.Kind,
        ProfileOnConnectorZero = running ? learned.ProfileOnConnectorZero : form.OnConnectorZero,
    });

    private ChargingProfile Profile(LimitRequest limit, Form form, string purpose, int id)
    {
        double value = form.Unit == "W"
            ? ChargeRate.ToWatts(limit.Kilowatts)
            : ChargeRate.ToAmperes(limit.Kilowatts, limit.Phases, limit.NominalVoltage, limit.MeasuredVoltage);
        int? transaction = limit.TransactionId is { } text && int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int number) ? number : null;
        return new ChargingProfile
        {
            ChargingProfileId = id,
            TransactionId = transaction,
            StackLevel = form.StackLevel,
            ChargingProfilePurpose = purpose,
            ChargingProfileKind = form.Kind,
            ChargingSchedule = new ChargingSchedule
            {
                StartSchedule = form.Kind == "Absolute" ? StartOfSchedule() : null,
                ChargingRateUnit = form.Unit,
                ChargingSchedulePeriod = [new ChargingSchedulePeriod { StartPeriod = 0, Limit = value, NumberPhases = limit.Phases }],
            },
        };
    }

    /// <summary>A fixed instant safely in the past, also for a clock that is late (quirk Q65).</summary>
    private DateTimeOffset StartOfSchedule()
    {
        DateTimeOffset now = time.GetUtcNow();
        var midnight = new DateTimeOffset(now.Date, TimeSpan.Zero);
        return now.TimeOfDay > TimeSpan.FromHours(1) ? midnight : midnight.AddDays(-1);
    }
}
