using System.Text;
using System.Text.Json;
using Amps.Ocpp.Recording;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Recording;

/// <summary>What the flight recorder keeps, how much, and what it never shows.</summary>
public sealed class FlightRecorderTests
{
    private readonly ManualTimeProvider _time = new();

    private static void Take(FlightRecorder recorder, string text, string id = "CP") => recorder.OnReceived(id, Encoding.UTF8.GetBytes(text));

    private static string Shown(string text)
    {
        var recorder = new FlightRecorder(TimeProvider.System);
        Take(recorder, text);
        return Assert.Single(recorder.Read("CP", 10)).Text;
    }

    [Fact]
    public void The_newest_come_first_with_time_and_direction()
    {
        var recorder = new FlightRecorder(_time);
        Take(recorder, """[2,"1","Heartbeat",{}]""");
        _time.Advance(TimeSpan.FromSeconds(2));
        recorder.OnSending("CP", """[3,"1",{}]"""u8);
        IReadOnlyList<RecordedFrame> frames = recorder.Read("CP", 10);
        Assert.Equal(["""[3,"1",{}]""", """[2,"1","Heartbeat",{}]"""], frames.Select(frame => frame.Text));
        Assert.Equal([false, true], frames.Select(frame => frame.FromChargePoint));
        Assert.Equal(TimeSpan.FromSeconds(2), frames[0].At - frames[1].At);
        Assert.Equal("""[3,"1",{}]""", Assert.Single(recorder.Read("CP", 1)).Text);
        Assert.Empty(recorder.Read("other", 10));
    }

    [Fact]
    public void Of_a_charge_point_200_frames_and_64_KiB_are_kept_the_newest()
    {
        var recorder = new FlightRecorder(_time);
        for (int i = 0; i < 1000; i++)
            Take(recorder, $"[{i}]");
        IReadOnlyList<RecordedFrame> frames = recorder.Read("CP", 1000);
        Assert.Equal(Enumerable.Range(800, 200).Reverse().Select(i => $"[{i}]"), frames.Select(frame => frame.Text));
        for (int i = 0; i < 1000; i++)
            Take(recorder, $"[{i},\"{new string((char)('a' + (i % 26)), i * 3)}\"]");
        frames = recorder.Read("CP", 1000);
        Assert.Equal(64 * 1024, recorder.MemoryUsed);
        Assert.InRange(frames.Count, 20, 30);
        for (int i = 0; i < frames.Count; i++)
            Assert.Equal($"[{999 - i},\"{new string((char)('a' + ((999 - i) % 26)), (999 - i) * 3)}\"]", frames[i].Text);
    }

    [Fact]
    public void A_long_message_is_cut_and_says_so()
    {
        var recorder = new FlightRecorder(_time);
        Take(recorder, new string('x', 200_000));
        RecordedFrame frame = Assert.Single(recorder.Read("CP", 1));
        Assert.True(frame.IsCut);
        Assert.Equal((8192, 200_000), (frame.Text.Length, frame.Length));
    }

    [Fact]
    public void A_charge_point_that_only_says_it_lives_needs_little_memory()
    {
        var recorder = new FlightRecorder(_time);
        for (int i = 0; i < 1000; i++)
        {
            Take(recorder, $$"""[2,"{{Guid.NewGuid()}}","Heartbeat",{}]""");
            recorder.OnSending("CP", Encoding.UTF8.GetBytes($$"""[3,"{{Guid.NewGuid()}}",{"currentTime":"2025-06-01T12:00:00.000Z"}]"""));
            _time.Advance(TimeSpan.FromSeconds(300));
        }
        Assert.InRange(recorder.MemoryUsed, 512, 2048);
        Assert.NotEmpty(recorder.Read("CP", 200));
    }

    [Fact]
    public void All_together_stay_within_the_limit_and_the_longest_silent_go_first()
    {
        var recorder = new FlightRecorder(_time, memoryLimit: 100_000);
        for (int i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Take(recorder, $"[{i}]", $"CP{i}");
            Assert.InRange(recorder.MemoryUsed, 1, 100_000);
        }
        Assert.Empty(recorder.Read("CP0", 1));
        Assert.NotEmpty(recorder.Read("CP998", 1));
        for (int i = 0; i < 1000; i++)
            recorder.Forget($"CP{i}");
        Assert.Equal(0, recorder.MemoryUsed);
    }

    [Fact]
    public void Keeping_a_frame_allocates_nothing()
    {
        var recorder = new FlightRecorder(TimeProvider.System);
        byte[] heartbeat = Encoding.UTF8.GetBytes($$"""[2,"{{Guid.NewGuid()}}","Heartbeat",{}]""");
        for (int i = 0; i < 1000; i++)
            recorder.OnReceived("CP", heartbeat);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
            recorder.OnReceived("CP", heartbeat);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task Charge_points_and_readers_do_not_disturb_one_another()
    {
        var recorder = new FlightRecorder(TimeProvider.System, memoryLimit: 20_000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                Take(recorder, $"[{worker},\"{new string('y', i % 300)}\"]", $"CP{i % 20}");
                if (i % 100 == 0)
                    Assert.All(recorder.Read($"CP{worker}", 200), frame => Assert.Matches("^\\[[0-7],\"y*\"\\]$", frame.Text));
            }
        })));
    }

    [Theory]
    [Trait("row", "S17")]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"73656372657421"}]""", "73656372657421")]
    [InlineData("""[2,"1","ChangeConfiguration",{"value":"73656372657421","key":"authorizationkey"}]""", "73656372657421")]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"Authorization\u004bey","value":"73656372657421"}]""", "73656372657421")]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"WifiPassword","value":12345678901}]""", "12345678901")]
    [InlineData("""[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"topsecret"},{"key":"A","readonly":true,"value":"1"}]}]""", "topsecret")]
    [InlineData("""[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"topsecret","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]""", "topsecret")]
    [InlineData("""[2,"1","NotifyReport",{"reportData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"variableAttribute":[{"value":"topsecret"}]}]}]""", "topsecret")]
    [InlineData("""[2,"1","NotifyEvent",{"eventData":[{"actualValue":"topsecret","component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"}}]}]""", "topsecret")]
    [InlineData("""[2,"1","SetNetworkProfile",{"connectionData":{"apn":{"apnPassword":"topsecret"}}}]""", "topsecret")]
    [InlineData("""[2,"1","GetDiagnostics",{"location":"ftp://joe:topsecret@host/x"}]""", "topsecret")]
    [InlineData("""[2,"1","DataTransfer",{"vendorId":"V","data":"{\"password\":\"topsecret\"}"}]""", "topsecret")]
    [InlineData("""[2,"1","DataTransfer",{"vendorId":"V","data":"-----BEGIN PRIVATE KEY-----topsecret"}]""", "topsecret")]
    [InlineData("""[2,"1","Authorize",{"idTag":"04A2B3C4D5"}]""", "04A2B3C4D5")]
    [InlineData("""[2,"1","Authorize",{"idToken":{"idToken":"04A2B3C4D5","type":"ISO14443"}}]""", "04A2B3C4D5")]
    [InlineData("""[2,"1","Authorize",{"idTag":"04A2B3C4D5" """, "04A2B3C4D5")]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"topsecret",,}]""", "topsecret")]
    public void Secrets_are_masked(string text, string secret) => Assert.DoesNotContain(secret, Shown(text));

    [Theory]
    [InlineData("""[2,"1","Authorize",{"idTag":"04A2B3C4D5"}]""", """[2,"1","Authorize",{"idTag":"04******D5"}]""")]
    [InlineData("""[2,"1","Authorize",{"idTag":"04A2"}]""", """[2,"1","Authorize",{"idTag":"****"}]""")]
    [InlineData("""[2,"1","ChangeConfiguration",{"key":"A","value":"1"}]""", """[2,"1","ChangeConfiguration",{"key":"A","value":"1"}]""")]
    [InlineData("""[2,"1","UpdateFirmware",{"location":"http://host/a@b"}]""", """[2,"1","UpdateFirmware",{"location":"http://host/a@b"}]""")]
    [InlineData("""not JSON at all""", """not JSON at all""")]
    public void The_rest_is_shown_as_it_was(string text, string shown) => Assert.Equal(shown, Shown(text));

    [Fact]
    public async Task The_operator_reads_it_newest_first_and_bounded()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "cp1");
        await charger.CallAsync("Heartbeat", new { });
        JsonElement log = await service.Operator.DataAsync("/operator/charge-points/cp1/frames?limit=2");
        Assert.Equal(2, log.GetProperty("items").GetArrayLength());
        log = await service.Operator.UntilAsync("/operator/charge-points/CP1/frames?limit=200", log => log.GetProperty("items").EnumerateArray()
            .Any(frame => frame.GetProperty("text").GetString()!.Contains("BootNotification") && frame.GetProperty("direction").GetString() == "received"));
        Assert.Contains(log.GetProperty("items").EnumerateArray(), frame => frame.GetProperty("direction").GetString() == "sent");
        foreach (string wrong in new[] { "?limit=0", "?limit=201", "?limit=x", "?other=1" })
            Assert.False((await service.Operator.GetAsync("/operator/charge-points/CP1/frames" + wrong)).GetProperty("success").GetBoolean());
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await service.Operator.TrySendAsync(HttpMethod.Get, "/operator/charge-points/NONE/frames", null)).Status);
    }
}
