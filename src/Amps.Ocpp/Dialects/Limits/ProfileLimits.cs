using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Limits;

/// <summary>
/// Limits as charging profiles, in every version the same way: the form the charge point is known to take, and when it refuses, the
/// ladder of forms (charger behaviour, section 5, points 1 to 3; quirks Q59 to Q70). What worked is learned.
/// </summary>
internal abstract class ProfileLimits(ChargePoint chargePoint, IOcppCalls calls, TimeProvider time)
{
    private const int DefaultProfileIds = 1000;
    private const int TransactionProfileIds = 2000;
    private const int StationProfileId = 3000;
    private const int MostConnectors = 64;
    private const int HighestStackLevel = 100;
    private const int ScheduleSeconds = 300;

    /// <summary>A form may be the reason for a silence (quirk Q66); after so many the charge point is.</summary>
    private const int SilenceLimit = 4;

    private readonly Lock _gate = new();
    private Dictionary<int, LimitForm>? _lastAccepted;
    private HashSet<(int ConnectorId, LimitForm Form)>? _ignored;
    private HashSet<int>? _refusedIds;
    private HashSet<int>? _clearedInVain;
    private volatile bool _clearFirst;

    protected IOcppCalls Calls => calls;

    /// <summary>It has refused limits of transactions in every form, and takes others (quirk Q60): one is enough to see that it still does.</summary>
    private bool RefusesTransactions => chargePoint.Learned is { TransactionLimits: false, DefaultLimits: true };

    public async Task<CallAnswerSummary> SetAsync(LimitRequest limit, CancellationToken cancellationToken)
    {
        var answer = new CallAnswerSummary(CallStatus.Rejected);
        int silences = 0;
        foreach (LimitForm form in Effective(limit))
        {
            answer = await SetAsync(limit, form, cancellationToken);
            if (answer.Accepted)
                return answer;
            if (answer.Status == CallStatus.Rejected && (_clearFirst || (RefusesTransactions && limit.TransactionId is not null)))
                break;
            silences += answer.Status == CallStatus.TimedOut ? 1 : 0;
            // Only a refusal or a silence says something about the form; anything else ends the attempt.
            if (answer.Status is not (CallStatus.Rejected or CallStatus.TimedOut) || silences == SilenceLimit || !answer.Sent)
                return answer;
        }
        answer = silences == 0 ? await ReplaceAsync(limit, answer, cancellationToken) : answer;
        if (answer.Status == CallStatus.Rejected)
        {
            bool running = limit.TransactionId is not null;
            chargePoint.Learn(learned => running ? learned with { TransactionLimits = false } : learned with { DefaultLimits = false });
        }
        return answer;
    }

    /// <summary>
    /// Every form refused, and not for the first time: some take a profile only when the one of its id is gone (quirk Q76). Not
    /// again on this link when it was in vain, since the old limit is lost by it.
    /// </summary>
    private async Task<CallAnswerSummary> ReplaceAsync(LimitRequest limit, CallAnswerSummary refusal, CancellationToken cancellationToken)
    {
        int id = ProfileId(limit.ConnectorId, limit.TransactionId is not null);
        lock (_gate)
        {
            if (((_refusedIds ??= []).Add(id) && !_clearFirst) || _clearedInVain?.Contains(id) == true)
                return refusal;
        }
        CallAnswerSummary cleared = await calls.AskAsync("ClearChargingProfile", ClearPayload(id), cancellationToken);
        if (!cleared.Accepted)
            return refusal;
        // From here on the charge point has no limit of this id: a newer cap does not end this, it is written instead.
        CallAnswerSummary answer = refusal;
        foreach (LimitForm form in Effective(limit))
        {
            answer = await SetAsync((limit.Newest?.Invoke() ?? limit) with { StillWanted = null }, form, CancellationToken.None);
            if (answer.Status != CallStatus.Rejected)
                break;
        }
        lock (_gate)
        {
            if (!answer.Accepted)
                (_clearedInVain ??= []).Add(id);
        }
        _clearFirst = answer.Accepted;
        return answer;
    }

    private async Task<CallAnswerSummary> SetAsync(LimitRequest limit, LimitForm form, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || limit.StillWanted?.Invoke() == false)
            return new CallAnswerSummary(CallStatus.TimedOut, Sent: false);
        bool running = limit.TransactionId is not null;
        CallAnswerSummary answer = await calls.AskAsync("SetChargingProfile", SetPayload(limit, form, ProfileId(limit.ConnectorId, running), Purpose(running)), cancellationToken);
        if (answer.Accepted)
        {
            Learn(form, running);
            lock (_gate)
            {
                (_lastAccepted ??= [])[limit.ConnectorId] = form;
                // There is something to clear again.
                _clearedInVain?.Remove(ProfileId(limit.ConnectorId, running));
            }
        }
        return answer;
    }

    /// <summary>Removes the profile of a running transaction by its id.</summary>
    public Task<CallAnswerSummary> ClearAsync(int connectorId, CancellationToken cancellationToken) =>
        calls.AskAsync("ClearChargingProfile", ClearPayload(ProfileId(connectorId, ofTransaction: true)), cancellationToken);

    /// <summary>The limit of the charge point as a whole: absolute (quirk Q67), at the known stack level, refused there at the lowest.</summary>
    public async Task<CallAnswerSummary> SetStationAsync(LimitRequest limit, CancellationToken cancellationToken)
    {
        LimitForm form = Known() with { Kind = "Absolute", OnConnectorZero = true };
        CallAnswerSummary answer = await calls.AskAsync("SetChargingProfile", SetPayload(limit, form, StationProfileId, StationPurpose), cancellationToken);
        return answer.Status == CallStatus.Rejected && form.StackLevel > 0
            ? await calls.AskAsync("SetChargingProfile", SetPayload(limit, form with { StackLevel = 0 }, StationProfileId, StationPurpose), cancellationToken)
            : answer;
    }

    public Task<CallAnswerSummary> ClearStationAsync(CancellationToken cancellationToken) =>
        calls.AskAsync("ClearChargingProfile", ClearPayload(StationProfileId), cancellationToken);

    /// <summary>Clears what others left, by purpose: limits of ours of the same purpose go with it, and are written again by whoever wrote them.</summary>
    /// <param name="connectorId">For a connector: what can stand above a limit of its own. Null = everything, that of the charge point as a whole too.</param>
    public virtual async Task<ForeignClearing> ClearForeignAsync(int? connectorId, CancellationToken cancellationToken)
    {
        var status = CallStatus.Accepted;
        List<string> gone = [];
        (string Purpose, int? Place)[] criteria = connectorId is { } connector
            ? [(Purpose(ofTransaction: true), connector), (Purpose(ofTransaction: false), connector), (Purpose(ofTransaction: false), 0)]
            : [(StationPurpose, null), (Purpose(ofTransaction: false), null), (Purpose(ofTransaction: true), null)];
        foreach ((string purpose, int? place) in criteria)
        {
            CallOutcome outcome = await calls.SendAsync("ClearChargingProfile", ClearPayload(purpose, place), cancellationToken);
            string? answer = outcome.IsResult ? StatusAnswer.Read(outcome.Payload.Span)?.Status : null;
            if (answer == "Accepted")
                gone.Add(place is null ? purpose : FormattableString.Invariant($"{purpose} of connector {place}"));
            else if (answer != "Unknown")
                status = outcome.IsResult ? CallStatus.Rejected : OcppSession.JudgeEnd(outcome).Status;
        }
        return new ForeignClearing(status, gone.Count == 0 ? null : string.Join(", ", gone), OwnToo: gone.Count > 0 || status is CallStatus.TimedOut or CallStatus.LinkLost);
    }

    /// <summary>The limit in force as the charge point computes it; null when it does not tell.</summary>
    public async Task<LimitReading?> ReadAsync(int connectorId, bool inWatts, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await calls.SendAsync("GetCompositeSchedule", ReadPayload(connectorId, ScheduleSeconds, inWatts ? "W" : "A"), cancellationToken);
        return outcome.IsResult ? Reading(outcome.Payload.Span) : null;
    }

    /// <summary>Where the limit of a connector was set last.</summary>
    protected int PlaceOf(int connectorId)
    {
        lock (_gate)
            return (_lastAccepted?.TryGetValue(connectorId, out LimitForm form) == true ? form : Known()).OnConnectorZero ? 0 : connectorId;
    }

    protected static string Purpose(bool ofTransaction) => ofTransaction ? "TxProfile" : "TxDefaultProfile";

    /// <summary>One fixed id per connector and purpose, so that a new profile replaces the old one.</summary>
    protected static int ProfileId(int connectorId, bool ofTransaction) => (ofTransaction ? TransactionProfileIds : DefaultProfileIds) + connectorId;

    protected static LimitReading? Reading(double? limit, string? unit, int? phases) => limit is not { } value || !CompositeScheduleCheck.IsPossible(value) ? null
        : unit == "W" ? new LimitReading(null, value, phases) : new LimitReading(value, null, phases);

    /// <summary>The payload of SetChargingProfile.</summary>
    protected abstract byte[] SetPayload(LimitRequest limit, LimitForm form, int profileId, string purpose);

    /// <summary>The payload of ClearChargingProfile.</summary>
    protected abstract byte[] ClearPayload(int profileId);

    /// <summary>The payload of ClearChargingProfile for a purpose, everywhere or at one place.</summary>
    protected abstract byte[] ClearPayload(string purpose, int? connectorId);

    /// <summary>The purpose of a limit of the charge point as a whole.</summary>
    protected abstract string StationPurpose { get; }

    /// <summary>Whether a profile has one of the ids that this service gives.</summary>
    protected static bool IsOurs(int profileId) => profileId is > DefaultProfileIds and <= DefaultProfileIds + MostConnectors or > TransactionProfileIds and <= TransactionProfileIds + MostConnectors or StationProfileId;

    /// <summary>The payload of GetCompositeSchedule.</summary>
    protected abstract byte[] ReadPayload(int connectorId, int seconds, string unit);

    /// <summary>What the answer to GetCompositeSchedule shows; null when it shows nothing.</summary>
    protected abstract LimitReading? Reading(ReadOnlySpan<byte> composite);

    /// <summary>When a schedule of this form began: an absolute one at a fixed instant safely in the past, also for a clock that is late (quirk Q65).</summary>
    protected DateTimeOffset? StartOf(LimitForm form)
    {
        if (form.Kind != "Absolute")
            return null;
        DateTimeOffset now = time.GetUtcNow();
        var midnight = new DateTimeOffset(now.Date, TimeSpan.Zero);
        return now.TimeOfDay > TimeSpan.FromHours(1) ? midnight : midnight.AddDays(-1);
    }

    /// <summary>The form to begin with: what was learned, else what the charge point announces, else the commonest.</summary>
    protected LimitForm Known()
    {
        LearnedBehaviour learned = chargePoint.Learned;
        return new LimitForm(
            learned.RateUnit ?? "A",
            learned.StackLevel ?? Math.Min(learned.MaxStackLevel ?? 0, HighestStackLevel),
            learned.ProfileKind ?? "Absolute",
            learned.ProfileOnConnectorZero ?? false,
            learned.WholeAmperes ?? false);
    }

    /// <summary>The forms to try, without those that were accepted and ignored (quirk Q62); all of them when none is left.</summary>
    private List<LimitForm> Effective(LimitRequest limit)
    {
        bool mayUseConnectorZero = limit.TransactionId is null && chargePoint.Chargers.Count() == 1;
        List<LimitForm> forms = [.. LimitForm.Ladder(Known(), mayUseConnectorZero)];
        lock (_gate)
        {
            if (limit.LastFormIgnored && _lastAccepted is { } accepted && accepted.TryGetValue(limit.ConnectorId, out LimitForm last))
                (_ignored ??= []).Add((limit.ConnectorId, last));
            List<LimitForm> left = forms.FindAll(form => _ignored?.Contains((limit.ConnectorId, form)) != true);
            if (left.Count > 0)
                return left;
            _ignored?.RemoveWhere(entry => entry.ConnectorId == limit.ConnectorId);
        }
        return forms;
    }

    private void Learn(LimitForm form, bool running) => chargePoint.Learn(learned => learned with
    {
        RateUnit = form.Unit,
        StackLevel = form.StackLevel,
        ProfileKind = form.Kind,
        DefaultLimits = running ? learned.DefaultLimits : true,
        TransactionLimits = running ? true : learned.TransactionLimits,
        ProfileOnConnectorZero = running ? learned.ProfileOnConnectorZero : form.OnConnectorZero,
        WholeAmperes = form.Whole ? true : learned.WholeAmperes,
    });
}
