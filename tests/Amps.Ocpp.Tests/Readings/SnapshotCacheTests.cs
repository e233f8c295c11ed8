using System.Text;
using Amps.Ocpp.Model;
using Amps.Ocpp.Readings;

namespace Amps.Ocpp.Tests.Readings;

/// <summary>The cache against what a broker may do to messages: repeats, old ones, garbage, deletions (faults M4–M7).</summary>
public sealed class SnapshotCacheTests
{
    private readonly SnapshotCache _cache = new(new ReadingsOptions { MaxDevices = 10 });

    private void Put(string device, long sequence, string status) => _cache.PutState($"ev-chargers/{device}", Encoding.UTF8.GetBytes(
        $$"""{"deviceId":"{{device}}","status":"{{status}}","observedAt":"2026-01-02T03:04:05Z","node":"n","sequence":{{sequence}}}"""));

    private ChargerSnapshot? Known(string device) => _cache.Find(new DeviceId(device))?.Reading?.Snapshot;

    [Fact]
    [Trait("row", "M4")]
    [Trait("row", "M7")]
    public void Repeats_and_older_messages_change_nothing_in_whatever_order_they_come()
    {
        long[] order = [1, 2, 3, 4, 5, 6, 7, 8];
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            string device = $"dev{seed % 10}";
            long start = (seed + 1) * 100L;
            long[] messages = [.. order.Concat(order), .. order];
            random.Shuffle(messages);
            foreach (long message in messages)
                Put(device, start + message, message == order[^1] ? "charging" : "available");
            Assert.Equal(start + order[^1], Known(device)!.Sequence);
            Assert.Equal(ChargerStatus.Charging, Known(device)!.Status);
        }
    }

    [Theory]
    [Trait("row", "M5")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"deviceId":"another","status":"available","observedAt":"2026-01-02T03:04:05Z","node":"n","sequence":9}""")]
    [InlineData("""{"deviceId":"dev0","status":"dancing","sequence":9}""")]
    public void What_is_no_snapshot_of_that_device_is_ignored(string payload)
    {
        Put("dev0", 5, "available");
        _cache.PutState("ev-chargers/dev0", Encoding.UTF8.GetBytes(payload));
        Assert.Equal(5, Known("dev0")!.Sequence);
    }

    [Fact]
    [Trait("row", "M5")]
    [Trait("row", "M6")]
    public void An_empty_payload_deletes_that_device_alone_and_more_devices_than_allowed_are_not_kept()
    {
        for (int i = 0; i < 20; i++)
            Put($"dev{i}", 1, "available");
        Assert.Equal(10, _cache.Count);
        _cache.PutState("ev-chargers/dev3", []);
        Assert.Null(Known("dev3"));
        Assert.NotNull(Known("dev4"));
    }
}
