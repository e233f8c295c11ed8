using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>How an insert ended.</summary>
/// <param name="Inserted">The action is on disk.</param>
/// <param name="Conflicting">Not inserted: the non-terminal actions of the device that stand in the way.</param>
/// <param name="Replaced">Inserted, and these were cancelled in the same step.</param>
public sealed record InsertOutcome(bool Inserted, IReadOnlyList<ActionId> Conflicting, IReadOnlyList<ActionId> Replaced);

/// <summary>Which actions a list asks for; null = any.</summary>
public sealed record ActionFilter(
    string CustomerId,
    ApiEnvironment Environment,
    string? UserId = null,
    DeviceId? DeviceId = null,
    ActionState? State = null);

/// <summary>One page, newest first (by creation, then id).</summary>
public sealed record ActionPage(IReadOnlyList<ActionRecord> Items, int Total);

/// <summary>
/// Durable side of the actions. The database decides conflicts: at most one non-terminal action per device.
/// A returned task means: on disk.
/// </summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface IActionStore
{
    /// <summary>Inserts a non-terminal action; with <paramref name="replace"/> the ones in the way become <c>cancelled</c> in the same step.</summary>
    Task<InsertOutcome> InsertAsync(ActionRecord action, bool replace, CancellationToken cancellationToken);

    /// <summary>
    /// Moves an action from one of <paramref name="from"/> to the state of <paramref name="changed"/> and stores its
    /// result, error, times; returns false and changes nothing when it is in another state by now, or belongs to another
    /// <see cref="ActionRecord.Node"/>.
    /// </summary>
    Task<bool> TryUpdateAsync(ActionRecord changed, IReadOnlyList<ActionState> from, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an acknowledged action as completed or failed, and stores what webhooks shall tell of it in the same step; returns
    /// false and changes nothing when it is in another state by now.
    /// </summary>
    Task<bool> TryEndAsync(ActionRecord ended, OutboxEvent announcement, CancellationToken cancellationToken);

    Task<ActionRecord?> FindAsync(ActionId id, CancellationToken cancellationToken);

    Task<ActionPage> ListAsync(ActionFilter filter, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Gives to a life the acknowledged actions of those that have ended (their lease has run out), and returns them.</summary>
    Task<IReadOnlyList<ActionRecord>> AdoptAsync(string node, CancellationToken cancellationToken);

    /// <summary>Scheduled actions whose start, and open windows of completed ones whose end, is not after this.</summary>
    Task<IReadOnlyList<ActionRecord>> ListDueAsync(DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Gives the open window of a completed action to a life, unless it belongs to another that lives; false = it does, or is closed.</summary>
    Task<bool> TryClaimWindowAsync(ActionId id, string node, CancellationToken cancellationToken);

    /// <summary>Every action that has not ended, for the sweep after a start.</summary>
    Task<IReadOnlyList<ActionRecord>> ListUnfinishedAsync(CancellationToken cancellationToken);

    /// <summary>Customers who have an action in this environment that has not ended, or a window that has not been closed.</summary>
    Task<IReadOnlyList<string>> ListCustomersWithWorkAsync(ApiEnvironment environment, CancellationToken cancellationToken);

    /// <summary>Actions whose window was opened and not closed yet, by its end.</summary>
    Task<IReadOnlyList<ActionRecord>> ListOpenWindowsAsync(CancellationToken cancellationToken);

    /// <summary>The newest action of each of these devices that has one.</summary>
    Task<IReadOnlyList<ActionRecord>> FindNewestAsync(IReadOnlyList<DeviceId> devices, CancellationToken cancellationToken);
}
