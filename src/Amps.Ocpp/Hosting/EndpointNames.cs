using Amps.Ocpp.Gateway;
using Amps.Ocpp.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// Tells by which of the configured endpoints a request came, so that neither surface is reachable by the other's port. Endpoints
/// whose name starts with <c>Ocpp</c> are the charge points', every other one is the API's.
/// </summary>
internal static class EndpointNames
{
    private const string Ocpp = "Ocpp";

    private sealed record OcppEndpoint;

    private static readonly OcppEndpoint s_mark = new();

    /// <summary>Reads the endpoints from the configuration and marks the connections of the charge points' ones.</summary>
    /// <exception cref="SettingsException">A certificate cannot be used.</exception>
    public static void Configure(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Http.JsonBody.MaxBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        // What is not read yet of a charge point waits at the charge point, not here (faults X5).
        kestrel.Limits.MaxRequestBufferSize = 64 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinResponseDataRate = null;
        var loader = kestrel.Configure(EndpointTls.Mask(configuration), reloadOnChange: true);
        foreach (string name in configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint.Key))
        {
            TlsEndpoint? tls = EndpointTls.Find(configuration, name, kestrel.ApplicationServices);
            loader.Endpoint(name, endpoint =>
            {
                if (IsOcpp(name))
                    endpoint.ListenOptions.Protocols = HttpProtocols.Http1;
                // Before TLS: the balancer writes it ahead of the client's own bytes.
                if (IsOcpp(name) && kestrel.ApplicationServices.GetRequiredService<GatewayOptions>().ProxyProtocol)
                    endpoint.ListenOptions.Use(ProxyProtocol.Wrap);
                tls?.Apply(endpoint.ListenOptions, endpoint.HttpsOptions);
                if (IsOcpp(name))
                {
                    endpoint.ListenOptions.Use(FirstByteLimit.Wrap);
                    endpoint.ListenOptions.Use(next => connection =>
                    {
                        connection.Features.Set(s_mark);
                        return next(connection);
                    });
                }
            });
        }
    }

    public static bool IsOcpp(string endpoint) => endpoint.StartsWith(Ocpp, StringComparison.OrdinalIgnoreCase);

    public static bool IsOcpp(HttpContext context) => context.Features.Get<OcppEndpoint>() is not null;
}
