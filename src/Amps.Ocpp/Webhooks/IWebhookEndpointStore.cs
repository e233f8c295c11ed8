using Amps.Ocpp.Model;

namespace Amps.Ocpp.Webhooks;

/// <summary>Durable side of the endpoints. A returned task means: on disk.</summary>
/// <exception cref="StorageUnavailableException">The store is away; nothing was changed.</exception>
public interface IWebhookEndpointStore
{
    /// <summary>False: its customer has <see cref="WebhooksOptions.MaxEndpointsPerCustomer"/> already.</summary>
    Task<bool> AddAsync(WebhookEndpoint endpoint, CancellationToken cancellationToken);

    Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>A page in order of creation, and how many there are in all.</summary>
    Task<(IReadOnlyList<WebhookEndpoint> Items, int Total)> ListAsync(int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Removes an endpoint with its deliveries; false when there is none.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>Puts a new secret in force; the one before it stays valid until <paramref name="previousUntil"/>. False when there is no such endpoint.</summary>
    Task<bool> RotateSecretAsync(string id, byte[] secret, DateTimeOffset previousUntil, CancellationToken cancellationToken);
}
