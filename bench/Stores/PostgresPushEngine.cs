using System.Globalization;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Amps.Ocpp.Bench.Stores;

/// <summary>PostgreSQL on a throw-away cluster of its own, as it is installed: every commit is flushed.</summary>
internal sealed class PostgresPushEngine : IPushEngine, IAsyncDisposable
{
    private readonly PostgresProcess _server;
    private readonly Dictionary<string, string> _databases = [];

    private PostgresPushEngine(PostgresProcess server) => _server = server;

    public string Name => "PostgreSQL";

    public static async Task<PostgresPushEngine> StartAsync() => new(await PostgresProcess.StartNewAsync());

    public StorageOptions Options(string directory) => new() { DataDirectory = directory, Provider = StorageProvider.Postgres, ConnectionString = DatabaseOf(directory) };

    public IBareActions OpenBare(string directory) => new Bare(DatabaseOf(directory));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>A database for each directory.</summary>
    private string DatabaseOf(string directory)
    {
        if (_databases.TryGetValue(directory, out string? known))
            return known;
        string name = string.Create(CultureInfo.InvariantCulture, $"bench_{_databases.Count}");
        using var connection = new NpgsqlConnection(_server.ConnectionString("postgres") + ";Pooling=false");
        connection.Open();
        using NpgsqlCommand create = connection.CreateCommand();
#pragma warning disable CA2100 // The name is a number's.
        create.CommandText = $"CREATE DATABASE {name}";
#pragma warning restore CA2100
        create.ExecuteNonQuery();
        return _databases[directory] = _server.ConnectionString(name);
    }

    private sealed class Bare : IBareActions
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlCommand _insert;

        public Bare(string connectionString)
        {
            _connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            _connection.Open();
            _insert = _connection.CreateCommand();
            _insert.CommandText = """
                INSERT INTO actions (id, device_id, charge_point, connector_id, customer_id, environment, command, state, created_at, updated_at, acknowledged_at)
                SELECT id, device, charge_point, connector, customer, 'live', 'idle', 'acknowledged', at, at, at
                FROM unnest($1, $2, $3, $4, $5, $6) AS pushed (id, device, charge_point, connector, customer, at)
                """;
            foreach (NpgsqlDbType type in (NpgsqlDbType[])[NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Bigint, NpgsqlDbType.Text, NpgsqlDbType.Bigint])
                _insert.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type });
            _insert.Prepare();
        }

        public void Insert(ActionRecord action) => InsertTogether([action]);

        public void InsertTogether(IReadOnlyList<ActionRecord> actions)
        {
            NpgsqlParameterCollection bound = _insert.Parameters;
            bound[0].Value = actions.Select(action => action.Id.Value).ToArray();
            bound[1].Value = actions.Select(action => action.DeviceId.Value).ToArray();
            bound[2].Value = actions.Select(action => action.ChargePoint.Value).ToArray();
            bound[3].Value = actions.Select(action => (long)action.ConnectorId).ToArray();
            bound[4].Value = actions.Select(action => action.CustomerId).ToArray();
            bound[5].Value = actions.Select(action => action.CreatedAt.UtcTicks).ToArray();
            _insert.ExecuteNonQuery();
        }

        public void Dispose()
        {
            _insert.Dispose();
            _connection.Dispose();
        }
    }
}
