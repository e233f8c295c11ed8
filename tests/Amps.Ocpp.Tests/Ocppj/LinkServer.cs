using System.Net;

using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Amps.Ocpp.Tests.Ocppj;

/// <summary>A Kestrel server on a free loopback port whose every WebSocket becomes an <see cref="OcppConnection"/>.</summary>
internal sealed class LinkServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly LivenessMonitor? _liveness;
    private readonly System.Threading.Channels.Channel<ServedLink> _links = System.Threading.Channels.Channel.CreateUnbounded<ServedLink>();

    private LinkServer(WebApplication app, LivenessMonitor? liveness)
    {
        _app = app;
        _liveness = liveness;
    }

    public CollectingLogger Log { get; } = new();

    /// <summary>Set where a test expects errors in the log.</summary>
    public bool ExpectsErrors { get; set; }

    public int Port => new Uri(_app.Urls.First()).Port;

    public static async Task<LinkServer> StartAsync(
        OcppConnectionOptions? options = null,
        Func<RecordingHandler>? handlers = null,
        TimeProvider? time = null,
        LivenessOptions? liveness = null)
    {
        var clock = time ?? TimeProvider.System;
        // An empty builder reads no settings file of the service and no environment.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var monitor = liveness is null ? null : new LivenessMonitor(liveness, clock, NullLogger<LivenessMonitor>.Instance);
        var server = new LinkServer(app, monitor);
        app.Use((context, next) =>
        {
            context.Items["upgrade"] = ObservedUpgradeFeature.Install(context, clock);
            return next(context);
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(context => server.ServeAsync(context, options ?? OcppConnectionOptions.Ocpp16(), handlers?.Invoke() ?? new RecordingHandler(), clock));
        await app.StartAsync();
        return server;
    }

    public Task<ServedLink> NextLinkAsync() => _links.Reader.ReadAsync().AsTask().WaitAsync(RawChargePoint.Patience);

    /// <summary>Connects a raw charge point and returns it with the server's side of its link.</summary>
    public async Task<(RawChargePoint ChargePoint, ServedLink Link)> ConnectAsync(string? extensions = null)
    {
        var chargePoint = await RawChargePoint.ConnectAsync(Port, extensions);
        return (chargePoint, await NextLinkAsync());
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        while (_links.Reader.TryRead(out var link))
        {
            link.Connection.Abort();
        }

        await _app.StopAsync(stop.Token);
        await _app.DisposeAsync();
        _liveness?.Dispose();
        if (!ExpectsErrors)
        {
            Assert.Empty(Log.Errors);
        }
    }

    private async Task ServeAsync(HttpContext context, OcppConnectionOptions options, RecordingHandler handler, TimeProvider clock)
    {
        var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(),
            DangerousEnableCompression = true,
            DisableServerContextTakeover = true,
        });
        var stream = ((ObservedUpgradeFeature)context.Items["upgrade"]!).Stream;
        var connection = new OcppConnection("CP1", socket, stream, options, _liveness, clock, Log);
        var run = connection.RunAsync(handler, CancellationToken.None);
        _links.Writer.TryWrite(new ServedLink(connection, handler, run));
        await run;
    }
}

/// <summary>The server's side of one link.</summary>
internal sealed record ServedLink(OcppConnection Connection, RecordingHandler Handler, Task<CloseReason> Run)
{
    public Task<CloseReason> EndAsync() => Run.WaitAsync(RawChargePoint.Patience);
}
