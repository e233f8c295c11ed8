using Amps.Ocpp.Webhooks.Sending;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Amps.Ocpp.Webhooks;

/// <summary>Registers the room; the stores behind its ports come from elsewhere.</summary>
public static class WebhooksRegistration
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services, WebhooksOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton<DeliverySignal>();
        services.TryAddSingleton<IHostResolver, SystemHostResolver>();
        services.AddSingleton<UrlPolicy>();
        services.AddSingleton<SecretVault>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhooksMetrics>();
        services.AddSingleton<DeliveryDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryDispatcher>());
        services.AddSingleton<WebhookEndpoints>();
        return services;
    }
}
