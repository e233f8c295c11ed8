using Amps.Ocpp.Model;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Routing;
using Amps.Ocpp.Sandbox;

namespace Amps.Ocpp.Hosting;

/// <summary>The service as a process: built, run, and ended with a code that scripts can rely on.</summary>
public static class AmpsService
{
    private const int WrongSettings = 2;
    private const int CannotStart = 1;

    /// <summary>Builds the service; nothing is opened yet.</summary>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? adjust = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = ContentRoot() });
        adjust?.Invoke(builder);
        builder.WebHost.ConfigureKestrel((context, kestrel) => EndpointNames.Configure(kestrel, context.Configuration));
        // Otherwise every request, and so every link for as long as it lives, carries an Activity and a log scope that nobody reads.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // Who reads the log may stall; the service must not (faults D19).
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.QueueFullMode = Microsoft.Extensions.Logging.Console.ConsoleLoggerQueueFullMode.DropWrite);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(20));
        // Started before everything else and stopped after it.
        Metrics.OtlpExport.AddTo(builder.Services, builder.Configuration);
        var settings = AmpsSettings.Read(builder.Configuration);
        Logs.SampledLoggerFactory.AddTo(builder.Services, settings.LogLinesPerSecond);
        builder.Services.AddAmps(settings);
        builder.Services.AddHostedService<SystemdNotifier>();
        WebApplication app = builder.Build();
        app.UseAmps();
        Ownership ownership = app.Services.GetRequiredService<Ownership>();
        SnapshotCache cache = app.Services.GetRequiredService<SnapshotCache>();
        app.Services.GetRequiredService<RequestRunner>().Prepare = app.Services.GetRequiredService<Sandboxes>().PrepareAsync;
        cache.LinkTold = ownership.OnLinkTold;
        cache.StateTold = ownership.OnStateTold;
        return app;
    }

    /// <summary>Runs until told to end: 0 after a clean end, 2 for wrong settings, 1 when it cannot start; one line says why.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using WebApplication app = Build(args);
            await app.Services.GetRequiredService<ServiceLifetime>().OpenStoreAsync(CancellationToken.None);
            await app.RunAsync();
            return 0;
        }
        catch (SettingsException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return WrongSettings;
        }
        catch (Exception e) when (e is StorageUnavailableException or Storage.StorageStartException or IOException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return CannotStart;
        }
    }

    /// <summary>Where <c>appsettings.json</c> is: the folder it is started in, else beside the program.</summary>
    private static string ContentRoot() =>
        File.Exists(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json")) ? Directory.GetCurrentDirectory() : AppContext.BaseDirectory;
}
