using System.Text;
using System.Text.Json;
using Amps.Ocpp.Bench.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>A receiver that counts, and the endpoint that is registered while deliveries are measured.</summary>
internal sealed class NodesWebhooks(Cluster cluster) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http = new();
    private WebApplication? _receiver;
    private string _endpoint = "";
    private int _received;

    public async Task OpenAsync()
    {
        _receiver ??= await ListenAsync();
        _received = 0;
        string body = $$"""{"customerId":"{{AmpsServer.Customer}}","environment":"live","url":"{{_receiver.Urls.First()}}/hooks","events":["push.completed"]}""";
        using JsonDocument made = JsonDocument.Parse(await AskAsync(HttpMethod.Post, "", body));
        JsonElement root = made.RootElement;
        _endpoint = (root.TryGetProperty("data", out JsonElement data) ? data : root).GetProperty("id").GetString()!;
    }

    public async Task AwaitAsync(int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (Volatile.Read(ref _received) < count)
            await Task.Delay(50, limit.Token);
    }

    public Task CloseAsync() => AskAsync(HttpMethod.Delete, "/" + _endpoint, null);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
    }

    private async Task<WebApplication> ListenAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Run(context =>
        {
            Interlocked.Increment(ref _received);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return app;
    }

    private async Task<string> AskAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{cluster.One.ApiPort}/operator/webhooks{path}");
        request.Headers.Add("x-api-key", Cluster.OperatorKey);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await _http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text : throw new IOException($"{method} of a webhook was answered {(int)answer.StatusCode}: {text}");
    }
}
