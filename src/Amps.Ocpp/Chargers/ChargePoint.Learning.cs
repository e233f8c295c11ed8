using Amps.Ocpp.Chargers.KnownBehaviour;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>How this charge point is taken to behave: the operator's word, else what was learned by trying, else what is known of its model.</summary>
public sealed partial class ChargePoint
{
    private const int AnswerMarginSeconds = 5;
    private const int LongestCallTimeoutSeconds = 180;

    private static readonly LearnedBehaviour s_nothingLearned = new();
    private readonly Lock _learningGate = new();
    private volatile LearnedBehaviour? _learning;
    private int _learningWrites;
    private volatile KnownOf? _known;

    /// <summary>What is known of the model, for the boot and the settings it was looked up for.</summary>
    private sealed record KnownOf(BootData? Boot, ChargePointConfiguration Configuration, LearnedBehaviour? Behaviour);

    /// <summary>The behaviour in force, by precedence; what was learned counts at once, also while it is on its way to the store.</summary>
    public LearnedBehaviour Learned
    {
        get
        {
            ChargePointRecord? record = Record;
            LearnedBehaviour learned = _learning ?? record?.Learned ?? s_nothingLearned;
            if (record is null)
                return learned;
            LearnedBehaviour? known = KnownFor(record);
            LearnedBehaviour? pins = Behaviour.PinsOf(record.Configuration);
            return pins is null && known is null ? learned : pins.Over(learned).Over(known);
        }
    }

    /// <summary>Remembers something learned by trying: known at once, stored in the background; unchanged knowledge costs nothing.</summary>
    public void Learn(Func<LearnedBehaviour, LearnedBehaviour> learn)
    {
        lock (_learningGate)
        {
            if (Record is not { } record)
                return;
            LearnedBehaviour learned = _learning ?? record.Learned;
            LearnedBehaviour now = learn(learned);
            if (now == learned)
                return;
            _learning = now;
            _learningWrites++;
        }
        _ = StoreLearnedAsync(learn);
    }

    /// <summary>An answer came after its call had been given up: from now on calls wait longer (quirk Q07).</summary>
    public void LearnLateAnswer(TimeSpan after)
    {
        int seconds = Math.Min((int)Math.Ceiling(after.TotalSeconds) + AnswerMarginSeconds, LongestCallTimeoutSeconds);
        Learn(learned => learned.CallTimeoutSeconds >= seconds ? learned : learned with { CallTimeoutSeconds = seconds });
    }

    /// <summary>How long an answer is waited for.</summary>
    /// <param name="usual">Where nothing is known of this charge point.</param>
    public TimeSpan CallTimeout(TimeSpan usual) => Learned.CallTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : usual;

    /// <summary>A boot after it was asked for shows the habit; one that comes by itself ends it (quirk Q01).</summary>
    private void LearnFromBoot(IChargePointSession session)
    {
        if (_link is not { } link || !ReferenceEquals(link.Session, session))
            return;
        if (!link.BootAsked)
            Learn(static learned => learned with { BootNotification = null });
        else if (!link.Booted)
            Learn(static learned => learned with { BootNotification = BootHabit.WhenTriggered });
        link.Booted = true;
    }

    private static bool IsSameDevice(BootData before, BootData now) =>
        before.FirmwareVersion == now.FirmwareVersion && before.Vendor == now.Vendor && before.Model == now.Model;

    private LearnedBehaviour? KnownFor(ChargePointRecord record)
    {
        KnownOf? known = _known;
        if (known is null || !ReferenceEquals(known.Boot, record.Boot) || !ReferenceEquals(known.Configuration, record.Configuration))
            _known = known = new KnownOf(record.Boot, record.Configuration, KnownFacts.Merge(KnownFacts.Of(record)));
        return known.Behaviour;
    }

    private async Task StoreLearnedAsync(Func<LearnedBehaviour, LearnedBehaviour> learn)
    {
        await ChangeRecordAsync(r => r with { Learned = learn(r.Learned) });
        lock (_learningGate)
        {
            if (--_learningWrites == 0)
                _learning = null;
        }
    }
}
