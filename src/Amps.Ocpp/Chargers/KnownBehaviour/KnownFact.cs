using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers.KnownBehaviour;

/// <summary>Something publicly known of charge points of one kind. Patterns are compared without regard to case; <c>*</c> stands for anything.</summary>
public sealed record KnownFact
{
    /// <summary>As its boot tells it; empty = the boot names none.</summary>
    public required string Vendor { get; init; }

    // A generated reader sets what a file leaves out to null.
    public string Model { get; init => field = value ?? "*"; } = "*";

    public string Firmware { get; init => field = value ?? "*"; } = "*";

    /// <summary>Where it can be read, an address.</summary>
    public required Uri Source { get; init; }

    /// <summary>One sentence.</summary>
    public required string Note { get; init; }

    public required LearnedBehaviour Behaviour { get; init; }

    internal bool Fits(string? vendor, string? model, string? firmware) =>
        Like(Vendor, vendor) && Like(Model, model) && Like(Firmware, firmware);

    private static bool Like(string pattern, string? text) => pattern.Length == 0
        ? string.IsNullOrWhiteSpace(text)
        : pattern == "*" || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, text ?? "", ignoreCase: true);
}
