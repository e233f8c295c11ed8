using System.Net;
using System.Net.Sockets;
using System.Text;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Amps.Ocpp.Webhooks.Sending;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>The room on a real store and real HTTP, with a clock that stands still until a test moves it.</summary>
internal sealed class SendingHouse : IAsyncDisposable
{
    private readonly CollectingLoggerProvider _log = new();
    private readonly WebhookSender _sender;
    private readonly SecretVault _vault;
    private int _events;

    private SendingHouse(SqliteStoreFixture store, WebhooksOptions options, TestResolver resolver, ManualTimeProvider clock, IDeliveryStore deliveries)
    {
        Store = store;
        Resolver = resolver;
        Clock = clock;
        var policy = new UrlPolicy(options, resolver);
        _vault = new SecretVault(options);
        _sender = new WebhookSender(policy, _vault, options, clock);
        Dispatcher = new DeliveryDispatcher(
            deliveries, _sender, _vault, store.DeliverySignal, options, new WebhooksMetrics(store.Meters), clock,
            new Logger<DeliveryDispatcher>(new LoggerFactory([_log])));
        Endpoints = new WebhookEndpoints(store.WebhookEndpoints, store.Deliveries, _vault, policy, Dispatcher, options, clock);
    }

    public SqliteStoreFixture Store { get; }

    public TestResolver Resolver { get; }

    public ManualTimeProvider Clock { get; }

    public DeliveryDispatcher Dispatcher { get; }

    public WebhookEndpoints Endpoints { get; }

    public IReadOnlyList<string> Log => _log.Lines;

    public static async Task<SendingHouse> StartAsync(Func<WebhooksOptions, WebhooksOptions>? configure = null, DateTimeOffset? now = null, Func<IDeliveryStore, IDeliveryStore>? deliveries = null)
    {
        SqliteStoreFixture store = await SqliteStoreFixture.OpenNewAsync();
        var options = new WebhooksOptions { AllowInsecure = true, AllowPrivateNetworks = true, DataDirectory = store.DataDirectory, NodeId = "node-1" };
        var house = new SendingHouse(store, configure?.Invoke(options) ?? options, new TestResolver(), new ManualTimeProvider(now ?? DateTimeOffset.UtcNow), deliveries?.Invoke(store.Deliveries) ?? store.Deliveries);
        await house.Dispatcher.StartAsync(default);
        return house;
    }

    public async Task<(WebhookEndpoint Endpoint, string Secret)> AddAsync(Uri url, string customer = "acme") =>
        (await Endpoints.CreateAsync(customer, ApiEnvironment.Live, url.ToString(), OutboxEventTypes.All, default))!.Value;

    public OutboxEvent Event(string device = "d1", string customer = "acme", string type = OutboxEventTypes.PushCompleted) => new(
        OutboxEvent.NewId(Clock.GetUtcNow()), type, customer, ApiEnvironment.Live, new DeviceId(device), Clock.GetUtcNow(),
        Encoding.UTF8.GetBytes($$"""{"n":{{Interlocked.Increment(ref _events)}},"deviceId":"{{device}}"}"""));

    /// <summary>Commits events together and wakes the dispatcher, as the stores do.</summary>
    public async Task TellAsync(params IReadOnlyList<OutboxEvent> events)
    {
        await Store.Database.WriteAsync(session => events.Sum(happened => Outbox.Enqueue(session, happened)), default);
        Store.DeliverySignal.Raise();
    }

    public async Task<Delivery> DeliveryAsync(string endpointId, int newest = 0) =>
        (await Store.Deliveries.ListAsync(endpointId, newest, 1, default)).Items[0];

    /// <summary>Waits until the newest delivery of an endpoint is as awaited.</summary>
    public async Task<Delivery> UntilAsync(string endpointId, Func<Delivery, bool> condition, int newest = 0)
    {
        Delivery? last = null;
        await Wait.UntilAsync(async () => condition(last = await DeliveryAsync(endpointId, newest)), $"the delivery as awaited; it is {last}");
        return last!;
    }

    /// <summary>Moves the clock to the next attempt of the newest delivery and waits for its end; returns the pause that was kept.</summary>
    public async Task<TimeSpan> NextAttemptAsync(string endpointId)
    {
        Delivery before = await DeliveryAsync(endpointId);
        TimeSpan pause = before.NextAttemptAt!.Value - before.LastAttemptAt!.Value;
        TimeSpan ahead = before.NextAttemptAt.Value - Clock.GetUtcNow();
        if (ahead > TimeSpan.Zero)
            Clock.Advance(ahead);
        await NudgeAsync(async () => (await DeliveryAsync(endpointId)).Attempts > before.Attempts);
        return pause;
    }

    /// <summary>Moves the clock in steps until a condition holds; for what waits for time that a moment ago was not yet waited for.</summary>
    public async Task NudgeAsync(Func<Task<bool>> condition, double seconds = 1)
    {
        for (int i = 0; i < 2000; i++)
        {
            for (int wait = 0; wait < 5; wait++)
            {
                if (await condition())
                    return;
                await Task.Delay(10);
            }
            Clock.Advance(TimeSpan.FromSeconds(seconds));
        }
        Assert.Fail("It never became as awaited.");
    }

    public async ValueTask DisposeAsync()
    {
        Task stop = Dispatcher.StopAsync(default);
        while (!stop.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
        await stop;
        Dispatcher.Dispose();
        _sender.Dispose();
        await Store.DisposeAsync();
        Assert.Empty(_log.Errors);
    }
}

/// <summary>Answers names as a test wants; what it does not know does not exist.</summary>
internal sealed class TestResolver : IHostResolver
{
    /// <summary>A name that is never answered.</summary>
    public const string Silent = "silent.example";

    private readonly Dictionary<string, Queue<IPAddress[]>> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The answers to a name, one after the other; the last stays.</summary>
    public void Answer(string host, params ReadOnlySpan<string> addresses)
    {
        var answers = new Queue<IPAddress[]>();
        foreach (string list in addresses)
            answers.Enqueue([.. list.Split(' ').Select(IPAddress.Parse)]);
        _answers[host] = answers;
    }

    /// <summary>How often the silent name was asked for.</summary>
    public int Unanswered { get; private set; }

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (host == Silent)
        {
            Unanswered++;
            return Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(static _ => Array.Empty<IPAddress>(), cancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        if (!_answers.TryGetValue(host, out Queue<IPAddress[]>? answers))
            throw new SocketException((int)SocketError.HostNotFound);
        lock (answers)
            return Task.FromResult(answers.Count > 1 ? answers.Dequeue() : answers.Peek());
    }
}
