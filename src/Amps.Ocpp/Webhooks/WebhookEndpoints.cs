using System.Security.Cryptography;
using Amps.Ocpp.Model;
using Amps.Ocpp.Webhooks.Sending;

namespace Amps.Ocpp.Webhooks;

/// <summary>Endpoints as the operator handles them. A secret's text is returned once, when it is made, and kept only sealed.</summary>
public sealed class WebhookEndpoints(
    IWebhookEndpointStore store, IDeliveryStore deliveries, SecretVault vault, UrlPolicy policy, DeliveryDispatcher dispatcher, WebhooksOptions options, TimeProvider time)
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>What speaks against sending to this URL; null = nothing.</summary>
    public Task<string?> CheckUrlAsync(string url, CancellationToken cancellationToken) => policy.CheckAsync(url, cancellationToken);

    /// <summary>Makes an endpoint; null when its customer has as many as there may be.</summary>
    public async Task<(WebhookEndpoint Endpoint, string Secret)?> CreateAsync(
        string customerId, ApiEnvironment environment, string url, IReadOnlyList<string> events, CancellationToken cancellationToken)
    {
        string id = "wh_" + RandomNumberGenerator.GetString(Base62, 20);
        byte[] secret = WebhookSignature.NewSecret();
        var endpoint = new WebhookEndpoint
        {
            Id = id,
            CustomerId = customerId,
            Environment = environment,
            Url = url,
            Events = events,
            Secret = vault.Seal(id, secret),
            CreatedAt = time.GetUtcNow(),
        };
        return await store.AddAsync(endpoint, cancellationToken) ? (endpoint, WebhookSignature.ToText(secret)) : null;
    }

    public Task<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    public Task<(IReadOnlyList<WebhookEndpoint> Items, int Total)> ListAsync(int offset, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(offset, limit, cancellationToken);

    public Task<bool> DeleteAsync(string id, CancellationToken cancellationToken) => store.DeleteAsync(id, cancellationToken);

    /// <summary>Puts a new secret in force; the old one signs beside it until the time returned. Null when there is no such endpoint.</summary>
    public async Task<(string Secret, DateTimeOffset PreviousUntil)?> RotateAsync(string id, CancellationToken cancellationToken)
    {
        byte[] secret = WebhookSignature.NewSecret();
        DateTimeOffset until = time.GetUtcNow() + options.RotationOverlap;
        return await store.RotateSecretAsync(id, vault.Seal(id, secret), until, cancellationToken) ? (WebhookSignature.ToText(secret), until) : null;
    }

    public Task<DeliveryPage> ListDeliveriesAsync(string endpointId, int offset, int limit, CancellationToken cancellationToken) =>
        deliveries.ListAsync(endpointId, offset, limit, cancellationToken);

    /// <summary>Sends a delivery again, with the same id; an endpoint out of use comes back into use. Null when there is none.</summary>
    public async Task<Delivery?> ReplayAsync(string endpointId, string messageId, CancellationToken cancellationToken)
    {
        Delivery? delivery = await deliveries.ReplayAsync(endpointId, messageId, time.GetUtcNow(), cancellationToken);
        if (delivery is not null)
            dispatcher.Resume(endpointId);
        return delivery;
    }
}
