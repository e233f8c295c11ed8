using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// How a simulated charge point departs from the standard: data, one JSON file each in <c>personalities/</c>. Whatever is
/// not named there is as the standard wants it.
/// </summary>
public sealed record Personality
{
    /// <summary>Its file's name without the ending, kebab-case.</summary>
    public string Name { get; init; } = "as-the-standard-says";

    /// <summary>The versions in which it can be played.</summary>
    public IReadOnlyList<string> Versions { get; init; } = ["1.6"];

    /// <summary>The catalogued quirks it shows, e.g. <c>Q51</c>.</summary>
    public IReadOnlyList<string> Quirks { get; init; } = [];

    /// <summary>One sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>Answers to calls of the central system that are not the usual ones; the first that fits counts.</summary>
    public IReadOnlyList<AnswerRule> Answers { get; init; } = [];

    /// <summary>Changes to what it tells; all that fit count, in order.</summary>
    public IReadOnlyList<TellRule> Tells { get; init; } = [];

    public LinkHabits Link { get; init; } = new();

    public BootHabits Boot { get; init; } = new();

    public LimitHabits Limits { get; init; } = new();

    public TransactionHabits Transactions { get; init; } = new();

    public MeterHabits Meter { get; init; } = new();

    public WireHabits Wire { get; init; } = new();

    /// <summary>Configuration keys (of 2.0.1 and 2.1: variables, e.g. <c>TxCtrlr.TxStartPoint</c>) with another value than usual; null = it is unknown.</summary>
    public IReadOnlyDictionary<string, string?> Configuration { get; init; } = new Dictionary<string, string?>();

    /// <summary>What an operator must set for such a charge point, as the body of his PUT.</summary>
    public JsonObject? Operator { get; init; }

    /// <summary>What an app sees where it is not what it sees of a charge point as the standard wants it, by step of the story; <c>why</c> says why.</summary>
    public IReadOnlyDictionary<string, string> Expect { get; init; } = new Dictionary<string, string>();

    /// <summary>What the service lacks to show that; null = nothing.</summary>
    public string? Awaits { get; init; }
}

/// <summary>An unusual answer. Without <see cref="Status"/>, <see cref="Result"/>, <see cref="Error"/> and <see cref="Silent"/> the call is carried out and answered as usual.</summary>
public sealed record AnswerRule
{
    /// <summary>The call it is about.</summary>
    public required string Action { get; init; }

    /// <summary>Fields the call must have: path → value, null = absent, an array = one of them, <c>"fraction"</c> = not a whole number.</summary>
    public JsonObject? When { get; init; }

    /// <summary>Connector statuses in which it applies; empty = all.</summary>
    public IReadOnlyList<string> WhileStatus { get; init; } = [];

    /// <summary>How many times it applies; null = always.</summary>
    public int? Times { get; init; }

    /// <summary>The call has its effect although the answer is another one.</summary>
    public bool Perform { get; init; }

    /// <summary>Top-level fields of the call that are not looked at.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    public string? Status { get; init; }

    public JsonObject? Result { get; init; }

    /// <summary>Code of a CALLERROR.</summary>
    public string? Error { get; init; }

    /// <summary>No answer at all.</summary>
    public bool Silent { get; init; }

    public int DelayMs { get; init; }

    /// <summary>What the answer is followed by.</summary>
    public Aftermath Then { get; init; }
}

/// <summary>What a call sets off that nobody asked for.</summary>
public enum Aftermath
{
    None,
    LinkLoss,
    Reboot,
}

/// <summary>A change to a message of the charge point. Paths go through objects by dots and through all entries of an array by <c>*</c>.</summary>
public sealed record TellRule
{
    public required string Action { get; init; }

    /// <inheritdoc cref="AnswerRule.When"/>
    public JsonObject? When { get; init; }

    /// <inheritdoc cref="AnswerRule.Times"/>
    public int? Times { get; init; }

    /// <summary>It is not sent.</summary>
    public bool Never { get; init; }

    /// <summary>It is sent twice, as two calls.</summary>
    public bool Twice { get; init; }

    public int DelayMs { get; init; }

    /// <summary>Fields with another value; <c>{value}</c> in a text stands for the usual one.</summary>
    public JsonObject? Set { get; init; }

    public IReadOnlyList<string> Remove { get; init; } = [];
}
