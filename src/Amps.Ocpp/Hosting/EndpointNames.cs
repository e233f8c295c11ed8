using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Amps.Ocpp.Hosting;

/// <summary>Tells by which of the two configured endpoints a request came, so that neither surface is reachable by the other's port.</summary>
internal static class EndpointNames
{
    public const string Api = "Api";

    public const string Ocpp = "Ocpp";

    private sealed record OcppEndpoint;

    private static readonly OcppEndpoint s_mark = new();

    /// <summary>Reads the endpoints from the configuration and marks the connections of the charge points' one.</summary>
    public static void Configure(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Http.JsonBody.MaxBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Configure(configuration.GetSection("Kestrel"), reloadOnChange: true)
            .Endpoint(Ocpp, endpoint =>
            {
                endpoint.ListenOptions.Protocols = HttpProtocols.Http1;
                endpoint.ListenOptions.Use(FirstByteLimit.Wrap);
                endpoint.ListenOptions.Use(next => connection =>
                {
                    connection.Features.Set(s_mark);
                    return next(connection);
                });
            });
    }

    public static bool IsOcpp(HttpContext context) => context.Features.Get<OcppEndpoint>() is not null;
}
