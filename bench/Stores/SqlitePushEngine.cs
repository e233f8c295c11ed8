using Amps.Ocpp.Actions;
using Amps.Ocpp.Storage;
using Microsoft.Data.Sqlite;

namespace Amps.Ocpp.Bench.Stores;

/// <summary>SQLite with a write-ahead log and full synchronisation. The service's store must have been opened once in this process: it chooses the native library.</summary>
internal sealed class SqlitePushEngine : IPushEngine
{
    public string Name => "SQLite";

    public StorageOptions Options(string directory) => new() { DataDirectory = directory };

    public IBareActions OpenBare(string directory) => new Bare(Path.Combine(directory, "amps.db"));

    private sealed class Bare : IBareActions
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _insert;
        private readonly SqliteCommand _begin;
        private readonly SqliteCommand _commit;

        public Bare(string path)
        {
            _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
            _connection.Open();
            using SqliteCommand settings = Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            settings.ExecuteNonQuery();
            _begin = Command("BEGIN IMMEDIATE");
            _commit = Command("COMMIT");
            _insert = Command("""
                INSERT INTO actions (id, device_id, charge_point, connector_id, customer_id, environment, command, state, created_at, updated_at, acknowledged_at)
                VALUES (@id, @device, @charge_point, @connector, @customer, 'live', 'idle', 'acknowledged', @at, @at, @at)
                """);
            foreach (string name in (string[])["@id", "@device", "@charge_point", "@connector", "@customer", "@at"])
                _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        public void Insert(ActionRecord action) => Run(action);

        public void InsertTogether(IReadOnlyList<ActionRecord> actions)
        {
            _begin.ExecuteNonQuery();
            foreach (ActionRecord action in actions)
                Run(action);
            _commit.ExecuteNonQuery();
        }

        public void Dispose()
        {
            _insert.Dispose();
            _begin.Dispose();
            _commit.Dispose();
            _connection.Dispose();
        }

        private void Run(ActionRecord action)
        {
            SqliteParameterCollection bound = _insert.Parameters;
            bound[0].Value = action.Id.Value;
            bound[1].Value = action.DeviceId.Value;
            bound[2].Value = action.ChargePoint.Value;
            bound[3].Value = action.ConnectorId;
            bound[4].Value = action.CustomerId;
            bound[5].Value = action.CreatedAt.UtcTicks;
            _insert.ExecuteNonQuery();
        }

#pragma warning disable CA2100 // The texts are constants.
        private SqliteCommand Command(string text)
        {
            SqliteCommand command = _connection.CreateCommand();
            command.CommandText = text;
            return command;
        }
#pragma warning restore CA2100
    }
}
