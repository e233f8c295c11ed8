namespace Amps.Ocpp.Storage;

/// <summary>For how long the store keeps what has ended.</summary>
public sealed record RetentionOptions
{
    /// <summary>
    /// Least time that transactions may be kept, days. A charge point that was offline repeats its starts and stops when it is back;
    /// what is no longer known by then would be taken for new.
    /// </summary>
    public const int LeastTransactionsDays = 60;

    /// <summary>How long after its end an action is kept; null = for ever.</summary>
    public TimeSpan? Actions { get; init; } = TimeSpan.FromDays(365);

    /// <summary>How long after the last word about it an ended transaction is kept, and a stop that nobody could believe; null = for ever.</summary>
    public TimeSpan? Transactions { get; init; } = TimeSpan.FromDays(730);

    /// <summary>How long after the start it is first looked for what is too old: a start has better things to do.</summary>
    public TimeSpan FirstAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often it is looked for afterwards.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Rows that one write deletes at most.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>Pause after each such write, in which others write.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);
}
