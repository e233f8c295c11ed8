namespace Amps.Ocpp.Storage.Writing;

/// <summary>An engine's side of the one writer. Used by one thread at a time: whoever holds the writer's gate.</summary>
internal interface ICommitter : IDisposable
{
    /// <summary>Whether the last commit carried one write only and was quick, so that the next caller may commit itself.</summary>
    bool WasAloneAndFast { get; }

    /// <summary>Pause after which <see cref="Idle"/> is due when nobody writes.</summary>
    TimeSpan IdleInterval { get; }

    /// <summary>Commits the items together and tells each its end. Never throws.</summary>
    void Commit(List<WriteItem> batch);

    /// <summary>Tries on a new connection whether the store takes writes, after it did not.</summary>
    bool Probe();

    /// <summary>Looks whether the store is still there. Never throws.</summary>
    void Idle();
}
