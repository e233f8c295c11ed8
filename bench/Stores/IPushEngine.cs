using Amps.Ocpp.Actions;
using Amps.Ocpp.Storage;

namespace Amps.Ocpp.Bench.Stores;

/// <summary>A database engine that pushes are stored in: how the service's store opens it, and what it can do bare.</summary>
internal interface IPushEngine
{
    string Name { get; }

    /// <summary>How the service's store opens a new database of this engine.</summary>
    StorageOptions Options(string directory);

    /// <summary>Opens the tables that the service's store made there and has let go of, by the engine's own driver.</summary>
    IBareActions OpenBare(string directory);
}

/// <summary>The row of a push, durable, with nothing around it.</summary>
internal interface IBareActions : IDisposable
{
    /// <summary>Inserts and commits one row.</summary>
    void Insert(ActionRecord action);

    /// <summary>Inserts rows by one commit.</summary>
    void InsertTogether(IReadOnlyList<ActionRecord> actions);
}
