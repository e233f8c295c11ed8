using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Storage;

/// <summary>Webhook endpoints.</summary>
internal sealed class WebhookEndpointStore(IDatabase database) : IWebhookEndpointStore
{
    private const string AddStatement = """
        INSERT INTO webhook_endpoints (id, customer_id, environment, url, events, secret, created_at, dropped)
        VALUES (@id, @customer, @environment, @url, @events, @secret, @created_at, 0)
        """;

    private const string CountStatement = "SELECT COUNT(*) FROM webhook_endpoints WHERE customer_id = @customer";

    private const string RotateStatement = """
        UPDATE webhook_endpoints SET previous_secret = secret, previous_until = @until, secret = @secret WHERE id = @id
        """;

    /// <inheritdoc/>
    public Task<bool> AddAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken) => database.WriteAsync(
        session => HasRoom(session, endpoint.CustomerId) && session.Execute(
            AddStatement,
            ("@id", endpoint.Id),
            ("@customer", endpoint.CustomerId),
            ("@environment", EnumText<ApiEnvironment>.Of(endpoint.Environment)),
            ("@url", endpoint.Url),
            ("@events", WebhookRows.ToColumn(endpoint.Events)),
            ("@secret", endpoint.Secret),
            ("@created_at", endpoint.CreatedAt.ToColumn())) > 0,
        cancellationToken);

    /// <inheritdoc/>
    public Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(session => Find(session, id), cancellationToken);

    /// <inheritdoc/>
    public Task<(IReadOnlyList<WebhookEndpoint> Items, int Total)> ListAsync(int offset, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<(IReadOnlyList<WebhookEndpoint>, int)>(
            session => (
                session.Query(
                    $"SELECT {WebhookRows.EndpointColumns} FROM webhook_endpoints ORDER BY created_at, id LIMIT @limit OFFSET @offset",
                    WebhookRows.ReadEndpoint, ("@limit", limit), ("@offset", offset)),
                (int)session.First("SELECT COUNT(*) FROM webhook_endpoints", row => row.GetInt64(0))),
            cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute("DELETE FROM webhook_endpoints WHERE id = @id", ("@id", id)) > 0, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RotateSecretAsync(string id, byte[] secret, DateTimeOffset previousUntil, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(RotateStatement, ("@id", id), ("@secret", secret), ("@until", previousUntil.ToColumn())) > 0, cancellationToken);

    private static bool HasRoom(SqlSession session, string customerId) =>
        session.First(CountStatement, row => row.GetInt64(0), ("@customer", customerId)) < WebhooksOptions.MaxEndpointsPerCustomer;

    public static WebhookEndpoint? Find(SqlSession session, string id) => session.First(
        $"SELECT {WebhookRows.EndpointColumns} FROM webhook_endpoints WHERE id = @id", WebhookRows.ReadEndpoint, ("@id", id));
}
