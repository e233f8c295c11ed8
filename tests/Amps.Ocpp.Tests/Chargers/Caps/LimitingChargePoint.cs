using System.Text;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>How a charge point takes limits for now.</summary>
internal enum Mood
{
    Obeys,
    Refuses,

    /// <summary>It does not answer and does nothing.</summary>
    Silent,

    /// <summary>It does not answer and obeys.</summary>
    Mute,
}

/// <summary>A profile as it came over the wire.</summary>
internal sealed record WireProfile(
    int ConnectorId, int Id, string Purpose, string Kind, int StackLevel, string Unit, double Limit, int? Phases, int? TransactionId, string? Start);

/// <summary>
/// The smart charging of a 1.6 charge point with one connector, behind the messages of the standard, with the ways of its own that
/// charge points have (quirks Q59 to Q78). It knows its true phases and voltage and so what each limit lets flow.
/// </summary>
internal sealed class LimitingChargePoint(TimeProvider clock) : IOcppCalls
{
    public const double RatedAmperes = 32;
    private const int MaxStackLevel = 8;

    private static readonly TimeSpan s_callTimeout = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;
    private int _waiting;

    public int Phases { get; init; } = 3;

    public double Voltage { get; set; } = 230;

    /// <summary>It charges on one phase when a limit says so.</summary>
    public bool SwitchesPhases { get; init; }

    /// <summary>Forms that it accepts.</summary>
    public Func<WireProfile, bool> Takes { get; set; } = _ => true;

    /// <summary>Forms that have an effect.</summary>
    public Func<WireProfile, bool> Heeds { get; set; } = _ => true;

    public bool ShowsSchedule { get; set; } = true;

    /// <summary>What it says it keeps, of the transaction or of its own; null = it does not know the question.</summary>
    public Func<bool, StoredLimit?>? Kept { get; set; }

    public bool LosesAtReboot { get; init; }

    public bool LosesWithTransaction { get; init; }

    /// <summary>It refuses a profile as long as it has one of that id (quirk Q76).</summary>
    public bool WantsClearing { get; init; }

    /// <summary>What another system has left stands above its own limits, by purpose, A.</summary>
    public Dictionary<string, double> Foreign { get; } = [];

    public Mood Mood { get; set; }

    public int? Transaction { get; private set; }

    public WireProfile? Own { get; private set; }

    public WireProfile? Running { get; private set; }

    /// <summary>The limit of the charge point as a whole.</summary>
    public WireProfile? Whole { get; private set; }

    /// <summary>Everything that was sent, oldest first, and whether it was taken.</summary>
    public List<(WireProfile Profile, bool Accepted, DateTimeOffset At)> Writes { get; } = [];

    /// <summary>Actions that were called, oldest first.</summary>
    public List<string> Actions { get; } = [];

    /// <summary>Called for each profile when it arrives.</summary>
    public Action<WireProfile>? Arrived { get; set; }

    /// <summary>Calls that it does not answer.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public bool IsLost => _lost.Task.IsCompleted;

    /// <summary>Stands for the present connection.</summary>
    public object Link => _lost;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What a limit lets flow, kW.</summary>
    public double Kilowatts(WireProfile profile) => profile.Unit == "W"
        ? profile.Limit / 1000
        : profile.Limit * Voltage * (profile.Phases == 1 && SwitchesPhases ? 1 : Phases) / 1000;

    /// <summary>What may flow now, kW.</summary>
    public double InForceKw
    {
        get
        {
            double rated = RatedAmperes * Voltage * Phases / 1000;
            lock (_gate)
            {
                if (Foreign.Count > 0)
                    return Math.Min(rated, Foreign.Values.Min() * Voltage * Phases / 1000);
                return Running is { } running && Heeds(running) ? Math.Min(rated, Kilowatts(running))
                    : Own is { } own && Heeds(own) ? Math.Min(rated, Kilowatts(own)) : rated;
            }
        }
    }

    public void Connect() => _lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Disconnect() => _lost.TrySetResult();

    public void Reboot()
    {
        lock (_gate)
        {
            Running = null;
            Transaction = null;
            if (LosesAtReboot)
                Own = null;
        }
    }

    public void Start(int transaction)
    {
        lock (_gate)
            (Transaction, Running) = (transaction, null);
    }

    public void Stop()
    {
        lock (_gate)
        {
            (Transaction, Running) = (null, null);
            if (LosesWithTransaction)
                Own = null;
        }
    }

    public void Forget()
    {
        lock (_gate)
            (Own, Running) = (null, null);
    }

    public async Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken)
    {
        CallOutcome outcome = await SendAsync(action, payload, cancellationToken);
        return outcome.Kind switch
        {
            CallOutcomeKind.Result => new CallAnswerSummary(
                JsonDocument.Parse(outcome.Payload).RootElement.GetProperty("status").GetString() is "Accepted" or "Unknown" ? CallStatus.Accepted : CallStatus.Rejected),
            CallOutcomeKind.ConnectionLost => new CallAnswerSummary(CallStatus.LinkLost, outcome.Sent),
            _ => new CallAnswerSummary(CallStatus.TimedOut, outcome.Sent),
        };
    }

    public async Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        TaskCompletionSource lost = _lost;
        if (lost.Task.IsCompleted)
            return CallOutcome.ConnectionLost("1", sent: false);
        Mood mood = Mood;
        string? answer;
        lock (_gate)
        {
            Actions.Add(action);
            answer = Handle(action, JsonDocument.Parse(payload).RootElement, mood);
        }
        if (mood is not (Mood.Silent or Mood.Mute) && answer is not null)
            return CallOutcome.Result("1", Encoding.UTF8.GetBytes(answer));
        Interlocked.Increment(ref _waiting);
        try
        {
            await lost.Task.WaitAsync(s_callTimeout, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return CallOutcome.ConnectionLost("1", sent: true);
        }
        catch (TimeoutException)
        {
            return CallOutcome.TimedOut("1");
        }
        catch (OperationCanceledException)
        {
            return CallOutcome.Cancelled("1", sent: true);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private string? Handle(string action, JsonElement payload, Mood mood) => action switch
    {
        "SetChargingProfile" => Set(Read(payload), mood) ? """{"status":"Accepted"}""" : """{"status":"Rejected"}""",
        "ClearChargingProfile" when mood == Mood.Obeys => (payload.TryGetProperty("id", out JsonElement id) ? Clear(id.GetInt32()) : Clear(payload.GetProperty("chargingProfilePurpose").GetString()!)) ? """{"status":"Accepted"}""" : """{"status":"Unknown"}""",
        "GetCompositeSchedule" when mood is Mood.Obeys or Mood.Refuses => Schedule(payload.GetProperty("chargingRateUnit").GetString()!),
        _ => """{"status":"Rejected"}""",
    };

    private bool Set(WireProfile profile, Mood mood)
    {
        Arrived?.Invoke(profile);
        bool taken = mood is Mood.Obeys or Mood.Mute && IsLawful(profile) && Takes(profile)
            && !(WantsClearing && (Own?.Id == profile.Id || Running?.Id == profile.Id));
        Writes.Add((profile, taken && mood == Mood.Obeys, clock.GetUtcNow()));
        if (!taken)
            return false;
        if (profile.Purpose == "ChargePointMaxProfile")
            Whole = profile;
        else if (profile.Purpose == "TxProfile")
            Running = profile;
        else
            Own = profile;
        return true;
    }

    private bool IsLawful(WireProfile profile) => profile.StackLevel is >= 0 and <= MaxStackLevel
        && (profile.Kind != "Absolute" || profile.Start is not null)
        && (profile.Purpose != "TxProfile" || (profile.ConnectorId > 0 && Transaction is not null && profile.TransactionId == Transaction));

    private bool Clear(int id)
    {
        bool any = Own?.Id == id || Running?.Id == id;
        Own = Own?.Id == id ? null : Own;
        Running = Running?.Id == id ? null : Running;
        any |= Whole?.Id == id;
        Whole = Whole?.Id == id ? null : Whole;
        return any;
    }

    private bool Clear(string purpose)
    {
        bool own = purpose == "TxProfile" ? Running is not null : purpose == "TxDefaultProfile" && Own is not null;
        Own = purpose == "TxDefaultProfile" ? null : Own;
        Running = purpose == "TxProfile" ? null : Running;
        return Foreign.Remove(purpose) || own;
    }

    private string Schedule(string unit)
    {
        if (!ShowsSchedule)
            return """{"status":"Rejected"}""";
        WireProfile? shown = Running is { } running && Heeds(running) ? running : Own is { } own && Heeds(own) ? own : null;
        if (Foreign.Count > 0)
            shown = new WireProfile(1, 9, "TxDefaultProfile", "Relative", 9, "A", Foreign.Values.Min(), null, null, null);
        double watts = shown is null ? RatedAmperes * Voltage * Phases : Kilowatts(shown) * 1000;
        double value = shown?.Unit == unit ? shown.Limit : unit == "W" ? watts : watts / (Voltage * (shown?.Phases ?? Phases));
        return FormattableString.Invariant(
            $$$"""{"status":"Accepted","connectorId":1,"scheduleStart":"2025-06-01T00:00:00Z","chargingSchedule":{"chargingRateUnit":"{{{unit}}}","chargingSchedulePeriod":[{"startPeriod":0,"limit":{{{value}}}}]}}""");
    }

    private static WireProfile Read(JsonElement call)
    {
        JsonElement profile = call.GetProperty("csChargingProfiles");
        JsonElement schedule = profile.GetProperty("chargingSchedule");
        JsonElement period = Assert.Single(schedule.GetProperty("chargingSchedulePeriod").EnumerateArray());
        Assert.False(schedule.TryGetProperty("duration", out _));
        return new WireProfile(
            call.GetProperty("connectorId").GetInt32(),
            profile.GetProperty("chargingProfileId").GetInt32(),
            profile.GetProperty("chargingProfilePurpose").GetString()!,
            profile.GetProperty("chargingProfileKind").GetString()!,
            profile.GetProperty("stackLevel").GetInt32(),
            schedule.GetProperty("chargingRateUnit").GetString()!,
            period.GetProperty("limit").GetDouble(),
            period.TryGetProperty("numberPhases", out JsonElement phases) && phases.ValueKind == JsonValueKind.Number ? phases.GetInt32() : null,
            profile.TryGetProperty("transactionId", out JsonElement id) && id.ValueKind == JsonValueKind.Number ? id.GetInt32() : null,
            schedule.TryGetProperty("startSchedule", out JsonElement start) ? start.GetString() : null);
    }
}
