using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>The reference of the start: an ASP.NET application that does nothing.</summary>
internal static class EmptyServer
{
    public static WebApplication Build(ServerPlace place)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(place.ApiPort));
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.MapGet("/health/ready", () => Results.Ok());
        return app;
    }
}
