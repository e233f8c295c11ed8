using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.Support;

/// <summary>One webhook as it arrived.</summary>
public sealed record ReceivedWebhook(string Id, string Timestamp, string Signatures, string Sequence, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public DateTimeOffset SentAt => DateTimeOffset.FromUnixTimeSeconds(long.Parse(Timestamp, CultureInfo.InvariantCulture));
}

/// <summary>A receiver of webhooks on loopback; keeps what came and answers as it is told to, 204 by itself.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    public int Port => Url.Port;

    public IReadOnlyList<ReceivedWebhook> Received => [.. _received];

    /// <summary>How to answer, by what came and how many came before it.</summary>
    public Func<ReceivedWebhook, int, HttpContext, Task> Answer { get; set; } = (_, _, context) =>
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    public static async Task<WebhookReceiver> StartAsync(int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        receiver.Url = new Uri(new Uri(app.Urls.First()), "/hooks");
        return receiver;
    }

    /// <summary>Answers everything with this status.</summary>
    public void Always(int status) => Answer = (_, _, context) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    /// <summary>Waits until so many have come.</summary>
    public async Task<IReadOnlyList<ReceivedWebhook>> AwaitAsync(int count)
    {
        await Wait.UntilAsync(() => _received.Count >= count, $"{count} webhooks, {_received.Count} came");
        return Received;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        string body = await reader.ReadToEndAsync();
        IHeaderDictionary headers = context.Request.Headers;
        var webhook = new ReceivedWebhook(headers["svix-id"]!, headers["svix-timestamp"]!, headers["svix-signature"]!, headers["amps-sequence"]!, body);
        int before = _received.Count;
        _received.Enqueue(webhook);
        try
        {
            await Answer(webhook, before, context);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The sender left.
        }
    }
}
