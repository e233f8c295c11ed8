using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Amps.Ocpp.Hosting.Metrics;

/// <summary>
/// Sends metrics and traces by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set (operator surface, section 3). Protocol, headers,
/// interval and resource follow the standard's other variables. What the collector does not take is lost, and nothing waits for it.
/// </summary>
internal sealed class OtlpExport(IConfiguration configuration, AmpsSettings settings) : IHostedService, IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string ServiceName = "OTEL_SERVICE_NAME";

    // A collector that is away must not hold up the end.
    private const int LastExportMilliseconds = 2000;

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public static bool IsOn(IConfiguration configuration) => configuration[Endpoint] is { Length: > 0 };

    /// <summary>Adds the export, or nothing where no endpoint is set.</summary>
    /// <exception cref="SettingsException">The endpoint or the protocol is not one.</exception>
    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        if (!IsOn(configuration))
            return;
        string endpoint = configuration[Endpoint]!;
        // The exporter itself would fall back to its defaults without a word.
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new SettingsException($"{Endpoint}: '{endpoint}' is not an http or https URL, e.g. http://127.0.0.1:4317");
        if (configuration[Protocol] is { Length: > 0 } protocol and not ("grpc" or "http/protobuf"))
            throw new SettingsException($"{Protocol}: '{protocol}' is not one of grpc, http/protobuf");
        Add(services);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(Name)
            .AddMeter([.. MetricsReader.Meters.Select(meter => meter + "*")])
            .AddOtlpExporter()
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(Name)
            .AddSource(RequestTraces.SourceName)
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(
            Task.Run(() => _metrics?.Shutdown(LastExportMilliseconds), CancellationToken.None),
            Task.Run(() => _traces?.Shutdown(LastExportMilliseconds), CancellationToken.None));

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private void Name(ResourceBuilder resource) => resource
        .AddService(configuration[ServiceName] ?? "amps-ocpp", serviceInstanceId: settings.Chargers.NodeId)
        .AddEnvironmentVariableDetector();

    // Apart, so that the packages are not even loaded where nothing is exported.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add(IServiceCollection services) => services.AddHostedService<OtlpExport>();
}
