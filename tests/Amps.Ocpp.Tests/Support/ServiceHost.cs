using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Amps.Ocpp.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.Support;

/// <summary>
/// The whole service in this process, on free loopback ports and a temporary data directory, as an operator would start it. It
/// fails the test if the service logged an error that the test did not announce.
/// </summary>
public sealed class ServiceHost : IAsyncDisposable
{
    public const string OperatorKey = "operator-key-of-the-tests-0001";

    private readonly CollectingLoggerProvider _log = new();
    private readonly bool _ownsData;
    private WebApplication? _app;

    private ServiceHost(string data, bool ownsData, int mqttPort)
    {
        Data = data;
        _ownsData = ownsData;
        MqttPort = mqttPort;
    }

    public string Data { get; }

    public int MqttPort { get; }

    public Uri Api { get; private set; } = null!;

    public Uri Ocpp { get; private set; } = null!;

    public IServiceProvider Services => _app!.Services;

    public IReadOnlyList<string> Errors => _log.Errors;

    /// <summary>Every line logged so far.</summary>
    public IReadOnlyList<string> Lines => _log.Lines;

    /// <summary>Errors that the test expects, by a part of their text.</summary>
    public List<string> ExpectedErrors { get; } = [];

    /// <summary>An operator's client.</summary>
    public ApiClient Operator { get; private set; } = null!;

    /// <summary>Starts a service; settings as on the command line without the leading dashes, e.g. <c>Amps:Mqtt:Mode=Off</c>.</summary>
    public static async Task<ServiceHost> StartAsync(params string[] settings)
    {
        string data = Directory.CreateTempSubdirectory("amps-test-").FullName;
        var host = new ServiceHost(data, ownsData: true, FreePort());
        await host.StartAgainAsync(settings);
        return host;
    }

    /// <summary>Starts on the data of an earlier life.</summary>
    public static async Task<ServiceHost> StartOnAsync(string data, params string[] settings)
    {
        var host = new ServiceHost(data, ownsData: false, FreePort());
        await host.StartAgainAsync(settings);
        return host;
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    /// <summary>Makes a customer with a key that may read and control.</summary>
    public async Task<ApiClient> CustomerAsync(string id = "customer", string environment = "live", params string[] permissions)
    {
        await Operator.PostAsync("/operator/customers", new { id, liveEnabled = true });
        JsonElement key = await Operator.PostAsync("/operator/keys", new
        {
            customerId = id,
            environment,
            permissions = permissions.Length == 0 ? ["read", "control"] : permissions,
        });
        return new ApiClient(Api, key.GetProperty("data").GetProperty("key").GetString()!);
    }

    /// <summary>Registers a charge point with one device per name given, on connectors 1, 2, …</summary>
    public Task<JsonElement> RegisterAsync(string chargePoint, string customerId, params string[] devices) =>
        RegisterAsync(chargePoint, customerId, new { }, devices);

    public async Task<JsonElement> RegisterAsync(string chargePoint, string customerId, object more, params string[] devices)
    {
        Dictionary<string, object?> body = JsonSerializer.Deserialize<Dictionary<string, object?>>(JsonSerializer.Serialize(more))!;
        body["customerId"] = customerId;
        body["connectors"] = devices.Select((device, index) => new { connectorId = index + 1, deviceId = device }).ToArray();
        JsonElement answer = await Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{Uri.EscapeDataString(chargePoint)}", body);
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsData)
            Directory.Delete(Data, recursive: true);
        Assert.DoesNotContain(Errors, error => !ExpectedErrors.Exists(error.Contains));
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task StartAgainAsync(string[] settings)
    {
        int api = FreePort();
        int ocpp = FreePort();
        string[] arguments =
        [
            $"--Kestrel:Endpoints:Api:Url=http://127.0.0.1:{api}",
            $"--Kestrel:Endpoints:Ocpp:Url=http://127.0.0.1:{ocpp}",
            $"--Amps:DataDirectory={Data}",
            $"--Amps:Mqtt:Port={MqttPort}",
            $"--Amps:Bootstrap:OperatorKey={OperatorKey}",
            .. settings.Select(setting => "--" + setting),
        ];
        _app = AmpsService.Build(arguments, builder =>
        {
            // Watching files for every host of a test run would use up the machine's watches.
            builder.Configuration.Sources.OfType<Microsoft.Extensions.Configuration.Json.JsonConfigurationSource>().ToList().ForEach(source => source.ReloadOnChange = false);
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(_log);
        });
        await _app.StartAsync();
        Api = new Uri($"http://127.0.0.1:{api}");
        Ocpp = new Uri($"ws://127.0.0.1:{ocpp}/ocpp/");
        Operator = new ApiClient(Api, OperatorKey);
    }
}

/// <summary>A client of the canonical or the operator's surface; answers are the whole envelope.</summary>
public sealed class ApiClient(Uri api, string? key) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = api };

    public HttpClient Http => _http;

    public string? Key => key;

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<JsonElement> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body) => (await TrySendAsync(method, path, body)).Body;

    /// <summary>Status and envelope.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> TrySendAsync(HttpMethod method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Add("x-api-key", key);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            request.Content = body as HttpContent ?? JsonContent.Create(body);
        using HttpResponseMessage response = await _http.SendAsync(request);
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        OpenApiCheck.Check(method, new Uri(api, path).AbsolutePath, (int)response.StatusCode, answer);
        return (response.StatusCode, answer);
    }

    /// <summary>The <c>data</c> of a read.</summary>
    public async Task<JsonElement> DataAsync(string path)
    {
        JsonElement answer = await GetAsync(path);
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        return answer.GetProperty("data");
    }

    /// <summary>Reads until the data satisfies the condition; fails after the limit with what was read last.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> condition, int seconds = 20)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(seconds);
        while (true)
        {
            JsonElement answer = await GetAsync(path);
            if (answer.GetProperty("success").GetBoolean() && condition(answer.GetProperty("data")))
                return answer.GetProperty("data");
            if (DateTime.UtcNow > end)
                Assert.Fail($"{path} never became as awaited: {answer}");
            await Task.Delay(20);
        }
    }

    /// <summary>Pushes a command and waits until its action has ended.</summary>
    public async Task<JsonElement> RunAsync(string device, string command, int seconds = 20)
    {
        JsonElement pushed = await PostAsync($"/ev-charger/{device}", new { action = new { command } });
        Assert.True(pushed.GetProperty("success").GetBoolean(), pushed.ToString());
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        return await UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed" or "cancelled", seconds);
    }

    public void Dispose() => _http.Dispose();
}
