using Amps.Ocpp.Actions;
using Amps.Ocpp.Api;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Dialects.Ocpp2;
using Amps.Ocpp.Gateway;
using Amps.Ocpp.Hosting.Metrics;
using Amps.Ocpp.Http;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Operator;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Recording;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;
using Amps.Ocpp.Sandbox;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Telemetry;
using Amps.Ocpp.Tls;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Hosting;

/// <summary>Puts the rooms together; the only place that knows them all.</summary>
internal static class AmpsComposition
{
    public static IServiceCollection AddAmps(this IServiceCollection services, AmpsSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Http.KeyGate>(provider => new KeyGate(
            provider.GetRequiredService<KeyRing>(), settings.RateLimit, provider.GetRequiredService<Sandboxes>().UseAsync));

        // The start and the end of everything else hang on these, so they come first and go last.
        services.AddSingleton<ServiceLifetime>();
        services.AddHostedService(provider => provider.GetRequiredService<ServiceLifetime>());
        services.AddStorage(settings.Storage);
        string presence = $"{settings.Mqtt.TopicPrefix}/nodes/{settings.Chargers.NodeId}/status";
        services.AddMqtt(settings.Mqtt, settings.DataDirectory, new MqttLastWill(presence, "offline"u8.ToArray()));

        services.AddNodes(settings);
        services.AddSingleton<KeyRing>();
        services.AddSingleton<ChargePointDirectory>();
        services.AddSingleton<Passwords>();
        services.AddSingleton(provider => new IdTokenList(provider.GetRequiredService<IRegistryStore>(), TimeProvider.System) { Policy = settings.IdTokenPolicy });

        services.AddChargers(settings);
        services.AddGateway(settings);

        services.AddSingleton(settings.Readings);
        services.AddSingleton<SnapshotCache>();
        services.AddSingleton<IOtherNodes>(provider => provider.GetRequiredService<SnapshotCache>());
        services.AddSingleton<CacheLoad>();
        services.AddHostedService<CacheFeed>();
        services.AddSingleton<ReadingService>();

        services.AddSingleton(provider => new FlightRecorder(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IFrameTap>(provider => provider.GetRequiredService<FlightRecorder>());
        services.AddRouting(settings);
        services.AddSingleton(settings.Actions);
        services.AddSingleton(settings.Sandbox);
        services.AddSingleton<Sandboxes>();
        services.AddSingleton<ISandboxStage>(provider => provider.GetRequiredService<Sandboxes>());
        services.AddHostedService(provider => provider.GetRequiredService<Sandboxes>());
        services.AddSingleton<ActionIndex>();
        services.AddSingleton<Agenda>();
        services.AddHostedService<ActionScheduler>();
        services.AddSingleton<ActionService>();
        services.AddHostedService<ActionSweeper>();
        services.AddSingleton(provider => new Lazy<ActionService>(provider.GetRequiredService<ActionService>));

        services.AddWebhooks(settings.Webhooks);

        services.AddSingleton<ChargerEndpoints>();
        services.AddSingleton<SettingsEndpoints>();
        services.AddSingleton<ActionEndpoints>();
        services.AddSingleton<OperatorEndpoints>();
        services.AddSingleton<ChargePointEndpoints>();
        services.AddSingleton<FrameEndpoints>();
        services.AddSingleton<SecurityEndpoints>();
        services.AddSingleton<WebhookRoutes>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<OpenApiEndpoints>();
        services.AddSingleton<MetricsReader>();
        services.AddSingleton<MetricsEndpoint>();
        return services;
    }

    public static void UseAmps(this WebApplication app)
    {
        TimeProvider time = app.Services.GetRequiredService<TimeProvider>();
        app.MapWhen(EndpointNames.IsOcpp, ocpp =>
        {
            ocpp.Use(next => context =>
            {
                ObservedUpgradeFeature.Install(context, time);
                return next(context);
            });
            ocpp.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
            ocpp.Run(app.Services.GetRequiredService<ChargePointGateway>().RunAsync);
        });
        if (OtlpExport.IsOn(app.Configuration))
            app.Use(RequestTraces.FollowAsync);
        app.UseApiEnvelope();
        app.UseSwaggerUI(page =>
        {
            page.RoutePrefix = "try";
            page.DocumentTitle = "Amps.Ocpp";
            page.SwaggerEndpoint(OpenApiEndpoints.Path, "Amps.Ocpp");
        });
        app.UseRouting();
        app.Services.GetRequiredService<ChargerEndpoints>().Map(app);
        app.Services.GetRequiredService<SettingsEndpoints>().Map(app);
        app.Services.GetRequiredService<ActionEndpoints>().Map(app);
        app.Services.GetRequiredService<OperatorEndpoints>().Map(app);
        app.Services.GetRequiredService<ChargePointEndpoints>().Map(app);
        app.Services.GetRequiredService<FrameEndpoints>().Map(app);
        app.Services.GetRequiredService<SecurityEndpoints>().Map(app);
        app.Services.GetRequiredService<WebhookRoutes>().Map(app);
        app.Services.GetRequiredService<HealthEndpoints>().Map(app);
        app.Services.GetRequiredService<OpenApiEndpoints>().Map(app);
        app.Services.GetRequiredService<MetricsEndpoint>().Map(app);
    }

    private static void AddChargers(this IServiceCollection services, AmpsSettings settings)
    {
        services.AddSingleton(settings.Chargers);
        services.AddSingleton(new TelemetryOptions { NodeId = settings.Chargers.NodeId, TopicPrefix = settings.Readings.TopicPrefix });
        services.AddSingleton<TelemetryPublisher>();
        services.AddHostedService(provider => provider.GetRequiredService<TelemetryPublisher>());
        services.AddSingleton<StateRecorder>();
        services.AddHostedService(provider => provider.GetRequiredService<StateRecorder>());
        services.AddSingleton<IDevicesElsewhere, DevicesElsewhere>();
        services.AddSingleton<RequestRunner>();
        services.AddSingleton<NodeServer>();
        services.AddSingleton<DeviceLinkWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<DeviceLinkWatch>());
        services.AddSingleton(provider => new ChargePointServices(
            provider.GetRequiredService<ChargePointDirectory>(),
            provider.GetRequiredService<IdTokenList>(),
            provider.GetRequiredService<IChargePointStore>(),
            [provider.GetRequiredService<NodeServer>(), provider.GetRequiredService<TelemetryPublisher>(), provider.GetRequiredService<StateRecorder>(), provider.GetRequiredService<DeviceLinkWatch>()],
            settings.Chargers,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ChargePoint>>())
        {
            Security = provider.GetRequiredService<SecurityEvents>(),
        });
        services.AddSingleton<ChargePoints>();
        services.AddSingleton<SecurityEvents>();
        services.AddHostedService(provider => provider.GetRequiredService<SecurityEvents>());
    }

    private static void AddRouting(this IServiceCollection services, AmpsSettings settings)
    {
        services.AddSingleton(settings.Routing);
        services.AddSingleton<NodeClient>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeClient>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeServer>());
        services.AddSingleton<ChargePointRouter>();
        services.AddSingleton<RegistryFeed>();
        services.AddHostedService<RegistryBell>();
        services.AddSingleton<ActionBell>();
        services.AddHostedService(provider => provider.GetRequiredService<ActionBell>());
        services.AddSingleton<Ownership>();
    }

    private static void AddNodes(this IServiceCollection services, AmpsSettings settings)
    {
        services.AddSingleton(settings.Nodes);
        services.AddSingleton<NodeLife>();
        services.AddSingleton<LeaseKeeper>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaseKeeper>());
    }

    private static void AddGateway(this IServiceCollection services, AmpsSettings settings)
    {
        services.AddSingleton(settings.Gateway);
        services.AddSingleton(new LivenessOptions());
        services.AddSingleton<LivenessMonitor>();
        services.AddSingleton(settings.Dialects);
        services.AddSingleton<Ocpp16Dialect>();
        services.AddSingleton<IReadOnlyList<IOcppDialect>>(provider =>
        [
            provider.GetRequiredService<Ocpp16Dialect>(),
            Ocpp2Dialect.V201(settings.Dialects, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()),
            Ocpp2Dialect.V21(settings.Dialects, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()),
        ]);
        services.AddSingleton(settings.ClientCertificates);
        services.AddSingleton<ClientCertificateJudge>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<ChargePointGateway>();
        services.AddSingleton(provider => new Lazy<ChargePointGateway>(provider.GetRequiredService<ChargePointGateway>));
    }
}
