using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Broker;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class ManagedBrokerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("managed-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task It_starts_serves_and_leaves_nothing_behind()
    {
        var port = MosquittoProcess.FreePort();
        int id;
        await using (var broker = await StartAsync(port))
        {
            id = broker.ProcessId!.Value;
            await using var client = await MqttClients.ConnectAsync(port);
            Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.SendAsync("t", "x", MqttPublishOptions.Retained));
        }
        Assert.False(Directory.Exists($"/proc/{id}"));

        await using var again = await StartAsync(port);
        await using var reader = await MqttClients.ConnectAsync(port);
        Assert.Equal("x", (await (await reader.ListenAsync("t")).NextAsync()).Text());
    }

    [Fact]
    [Trait("row", "M2")]
    public async Task It_starts_again_after_its_process_was_killed_and_clients_return()
    {
        var port = MosquittoProcess.FreePort();
        var log = new CollectedLog<ManagedBroker>();
        await using var broker = await StartAsync(port, log);
        await using var client = await MqttClients.ConnectAsync(port);
        var messages = await client.ListenAsync("t");
        var first = broker.ProcessId!.Value;

        using (var process = Process.GetProcessById(first))
            process.Kill();

        await Wait.UntilAsync(() => broker.ProcessId is { } id && id != first, "a new process runs");
        await Wait.UntilAsync(async () => await client.SendAsync("t", "x") == MqttPublishResult.Success, "the client is back");
        Assert.Equal("x", (await messages.NextAsync()).Text());
        Assert.Contains("The MQTT broker ended: exit code 137.", log.Lines);
    }

    [Fact]
    public async Task It_ends_the_orphan_of_a_killed_service_and_keeps_its_retained_messages()
    {
        var port = MosquittoProcess.FreePort();
        var files = new BrokerFiles(_directory);
        files.Write(port);
        using var orphan = BrokerProcess.Start(BrokerProcess.Find()!, files);
        await using (var client = await MqttClients.ConnectAsync(port))
            await client.SendAsync("t", "kept", MqttPublishOptions.Retained);

        await using var broker = await StartAsync(port);
        await orphan.WaitForExitAsync(CancellationToken.None).WaitAsync(Wait.Limit);
        Assert.NotEqual(orphan.Id, broker.ProcessId);
        await using var reader = await MqttClients.ConnectAsync(port);
        Assert.Equal("kept", (await (await reader.ListenAsync("t")).NextAsync()).Text());
    }

    [Fact]
    public async Task It_leaves_a_process_alone_that_only_got_the_orphans_number()
    {
        await using var foreign = await MosquittoProcess.StartNewAsync();
        using var sleeper = Process.Start("sleep", "300");
        var files = new BrokerFiles(_directory);
        Directory.CreateDirectory(files.Directory);
        await File.WriteAllTextAsync(files.ProcessId, sleeper.Id.ToString(CultureInfo.InvariantCulture));
        try
        {
            await using var broker = await StartAsync(MosquittoProcess.FreePort());
            Assert.False(sleeper.HasExited);
            await using var client = await MqttClients.ConnectAsync(foreign.Port);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    [Trait("row", "M1")]
    public async Task A_port_that_is_taken_is_one_error_line_and_tried_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var log = new CollectedLog<ManagedBroker>();
        await using var broker = new ManagedBroker(MqttClients.Options(port), _directory, log);
        await broker.StartAsync();
        await Wait.UntilAsync(() => !log.Lines.IsEmpty, "the trouble is logged");
        Assert.Contains($"Port {port}", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.False(broker.Ready.IsCompleted);

        listener.Stop();
        await broker.Ready.WaitAsync(Wait.Limit);
        Assert.Equal(1, log.Lines.Count(line => line.Contains("taken", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_second_service_on_the_same_data_directory_does_not_touch_the_first_ones_broker()
    {
        var port = MosquittoProcess.FreePort();
        await using var first = await StartAsync(port);
        var log = new CollectedLog<ManagedBroker>();
        await using var second = new ManagedBroker(MqttClients.Options(port), _directory, log);
        await second.StartAsync();
        await Wait.UntilAsync(() => !log.Lines.IsEmpty, "the trouble is logged");
        Assert.Contains("Another service", log.Lines.First(), StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{first.ProcessId}"));
    }

    [Theory]
    [Trait("row", "M13")]
    [InlineData(MqttQos.AtMostOnce)]
    [InlineData(MqttQos.AtLeastOnce)]
    public async Task Its_limits_let_a_subscriber_of_either_QoS_have_all_10000_retained_messages(MqttQos qos)
    {
        const int count = 10_000;
        var port = MosquittoProcess.FreePort();
        await using var broker = await StartAsync(port);
        await using var client = await MqttClients.ConnectAsync(port, change: options => options with { MaxInFlight = count });
        var payload = new byte[700];
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => client.PublishAsync($"state/{i}", payload, MqttPublishOptions.Retained).AsTask())).WaitAsync(Wait.Limit);

        var channel = Channel.CreateBounded<MqttMessage>(100);
        await using var subscription = client.Subscribe("state/+", qos, channel.Writer);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < count)
            Assert.True(seen.Add((await channel.Reader.NextAsync()).Topic));
    }

    private async Task<ManagedBroker> StartAsync(int port, ILogger<ManagedBroker>? logger = null)
    {
        var broker = new ManagedBroker(MqttClients.Options(port), _directory, logger ?? NullLogger<ManagedBroker>.Instance);
        await broker.StartAsync();
        await broker.Ready.WaitAsync(Wait.Limit);
        return broker;
    }
}
