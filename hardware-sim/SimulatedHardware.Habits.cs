using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>Where the personality decides, in any version.</summary>
public abstract partial class SimulatedHardware
{
    private bool _hasRebooted;

    /// <summary>The unusual answer to a call; null = the usual one.</summary>
    /// <param name="action">The call.</param>
    /// <param name="call">Its payload; loses what the personality does not look at.</param>
    /// <param name="usual">Carries the call out and gives the usual answer.</param>
    /// <param name="about">The status of the connector that the call is about.</param>
    /// <param name="worded">An answer that is a status only.</param>
    private protected Reply? AnswerByHabit(string action, JsonObject call, Func<Reply> usual, Func<string> about, Func<string, JsonObject> worded)
    {
        if (Personality.Boot.HangsUpWhenCalledBefore && !Booted)
        {
            Hangup();
            return Reply.None;
        }
        if (Habits.AnswerTo(action, call, about) is not { } rule)
            return null;
        var delay = TimeSpan.FromMilliseconds(rule.DelayMs);
        foreach (string ignored in rule.Ignore)
            call.Remove(ignored);
        bool asUsual = rule is { Status: null, Result: null, Error: null, Silent: false };
        Reply reply = asUsual || rule.Perform ? usual() : Reply.None;
        if (rule.Then == Aftermath.LinkLoss)
            After(Hangup);
        else if (rule.Then == Aftermath.Reboot)
            After(() => Reboot());
        return rule switch
        {
            { Silent: true } => Reply.None,
            { Error: { } error } => new Reply(null, error, delay),
            { Result: { } result } => new Reply((JsonObject)result.DeepClone(), null, delay),
            { Status: { } status } => new Reply(worded(status), null, delay),
            _ => reply with { Delay = delay },
        };
    }

    /// <summary>Called by a connector so long after its transaction started.</summary>
    internal void OnRunning(TimeSpan since)
    {
        if (_hasRebooted || !(since.TotalSeconds >= Personality.Transactions.RebootsAfterSeconds))
            return;
        _hasRebooted = true;
        Reboot("PowerLoss");
    }
}
