using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Mqtt.Native;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Tests.Mqtt;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A node that comes late knows what the broker kept.</summary>
public sealed class FullCacheTests(PostgresServer server)
{
    private const int Devices = 10_000;

    [Fact]
    [Trait("row", "M13")]
    public async Task A_new_node_is_ready_when_it_has_ten_thousand_devices_in_its_cache_and_not_before()
    {
        await using MosquittoProcess broker = await MosquittoProcess.StartNewAsync();
        await using (MosquittoClient other = await MqttClients.ConnectAsync(broker.Port))
        {
            await other.SendAsync("amps/v1/nodes/other/status", "online", MqttPublishOptions.Retained);
            foreach (int[] some in Enumerable.Range(0, Devices).Chunk(1000))
            {
                await Task.WhenAll(some.SelectMany(i => new[]
                {
                    PublishAsync(other, $"amps/v1/ev-chargers/m{i}/state", State(i)), PublishAsync(other, $"amps/v1/ev-chargers/m{i}/link", Link()),
                }));
            }
        }

        await using ServiceHost node = await ServiceHost.StartAsync(
            ["Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={broker.Port.ToString(CultureInfo.InvariantCulture)}", .. await server.SettingsAsync()]);
        using var http = new HttpClient { BaseAddress = node.Api };
        await Wait.UntilAsync(async () => (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode, "the node is ready");

        SnapshotCache cache = node.Services.GetRequiredService<SnapshotCache>();
        Assert.Equal(Devices, cache.Count);
        Assert.All(Enumerable.Range(0, Devices), i =>
        {
            Assert.True(cache.Find(new DeviceId($"m{i}")) is { Reading: not null, Link: not null });
            Assert.NotNull(cache.FindLink(new DeviceId($"m{i}")));
        });
    }

    [Fact]
    [Trait("row", "M1")]
    public async Task A_node_without_its_broker_is_ready_all_the_same()
    {
        await using ServiceHost node = await ServiceHost.StartAsync(
            ["Amps:Mqtt:Mode=External", $"Amps:Mqtt:Port={ServiceHost.FreePort().ToString(CultureInfo.InvariantCulture)}", .. await server.SettingsAsync()]);
        using var http = new HttpClient { BaseAddress = node.Api };
        await Wait.UntilAsync(async () => (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode, "the node is ready");
    }

    private static async Task PublishAsync(MosquittoClient client, string topic, byte[] payload) =>
        Assert.Equal(MqttPublishResult.NoMatchingSubscribers, await client.PublishAsync(topic, payload, MqttPublishOptions.Retained));

    private static byte[] State(int i) => JsonSerializer.SerializeToUtf8Bytes(
        new ChargerSnapshot { DeviceId = $"m{i}", ObservedAt = DateTimeOffset.UtcNow, Node = "other", Sequence = 1L << 32 }, SnapshotJson.Default.ChargerSnapshot);

    private static byte[] Link() => JsonSerializer.SerializeToUtf8Bytes(
        new ChargerLink(true, DateTimeOffset.UtcNow, "other", 1), SnapshotJson.Default.ChargerLink);
}
