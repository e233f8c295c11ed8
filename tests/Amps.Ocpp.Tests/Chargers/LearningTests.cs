using System.Text.Json;
using Amps.Ocpp.Chargers.KnownBehaviour;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>What the service finds out of a charge point: kept over restarts, forgotten with the firmware, and what comes before it.</summary>
public sealed class LearningTests : IAsyncLifetime
{
    private const string Settings = "Amps:Ocpp:CallTimeoutSeconds=1";
    private ServiceHost _service = null!;
    private ApiClient _app = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", Settings);
        _app = await _service.CustomerAsync();
        await _service.RegisterAsync("CP1", "customer", new { phases = 3 }, "dev1");
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _app.Dispose();
    }

    private static async Task BootAsync(TestChargePoint charger, string firmware = "1", string vendor = "Test", string model = "Scripted")
    {
        await charger.CallAsync("BootNotification", new { chargePointVendor = vendor, chargePointModel = model, firmwareVersion = firmware });
        await charger.StatusAsync("Available");
    }

    /// <summary>A charge point that takes limits in W at stack level 0 only, and triggers without a connector only.</summary>
    private static void Teach(TestChargePoint charger)
    {
        charger.On("SetChargingProfile", call =>
        {
            JsonElement profile = call.GetProperty("csChargingProfiles");
            bool fits = profile.GetProperty("stackLevel").GetInt32() == 0 && profile.GetProperty("chargingSchedule").GetProperty("chargingRateUnit").GetString() == "W";
            return new { status = fits ? "Accepted" : "Rejected" };
        });
        charger.On("TriggerMessage", call => new { status = call.TryGetProperty("connectorId", out _) ? "Rejected" : "Accepted" });
        charger.On("GetConfiguration", _ => new { configurationKey = new[] { new { key = "ChargeProfileMaxStackLevel", @readonly = true, value = "9" } } });
    }

    private Task CapAsync(double kw) => _app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = kw, unit = "kw" } });

    private Task<JsonElement> UntilAsync(Func<JsonElement, bool> condition) => _service.Operator.UntilAsync("/operator/charge-points/CP1", condition);

    private Task<JsonElement> PutAsync(object body) => _service.Operator.SendAsync(HttpMethod.Put, "/operator/charge-points/CP1", body);

    private static string? Text(JsonElement data, string part, string name) => data.GetProperty(part).GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : null;

    private async Task LearnAsync()
    {
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        Teach(charger);
        await BootAsync(charger);
        await CapAsync(7.4);
        await _app.GetAsync("/ev-charger/dev1?expedite=true");
        await UntilAsync(data => Text(data, "learned", "rateUnit") == "W" && Text(data, "learned", "stackLevel") == "0" && Text(data, "learned", "triggerWithConnector") == "False");
    }

    [Fact]
    public async Task What_was_learned_is_known_after_a_restart_and_forgotten_when_the_firmware_changes()
    {
        await LearnAsync();
        await _service.StopAsync();
        await using ServiceHost again = await ServiceHost.StartOnAsync(_service.Data, "Amps:Mqtt:Mode=Off", Settings);
        JsonElement data = await again.Operator.DataAsync("/operator/charge-points/CP1");
        Assert.Equal(("W", "0", "9"), (Text(data, "learned", "rateUnit"), Text(data, "learned", "stackLevel"), Text(data, "learned", "maxStackLevel")));
        Assert.Equal("W", Text(data, "inForce", "rateUnit"));

        await using (TestChargePoint same = await TestChargePoint.ConnectAsync(again.Ocpp, "CP1"))
        {
            // The first write is in the form that was learned, though every form would do.
            same.On("SetChargingProfile", _ => new { status = "Accepted" });
            await BootAsync(same);
            JsonElement schedule = (await same.ReceiveAsync("SetChargingProfile")).GetProperty("csChargingProfiles").GetProperty("chargingSchedule");
            Assert.Equal("W", schedule.GetProperty("chargingRateUnit").GetString());
        }
        await using TestChargePoint updated = await TestChargePoint.ConnectAsync(again.Ocpp, "CP1");
        updated.On("SetChargingProfile", _ => new { status = "Accepted" });
        await BootAsync(updated, firmware: "2");
        await again.Operator.UntilAsync("/operator/charge-points/CP1", shown => Text(shown, "learned", "rateUnit") == "A" && Text(shown, "learned", "triggerWithConnector") is null);
    }

    [Fact]
    public async Task A_pin_goes_before_what_was_learned_and_null_takes_it_back()
    {
        await LearnAsync();
        JsonElement pinned = (await PutAsync(new { pinned = new { rateUnit = "A", stackLevel = 3 }, idleStrategy = "Hold" })).GetProperty("data");
        Assert.Equal(("A", "3", "Hold"), (Text(pinned, "pinned", "rateUnit"), Text(pinned, "pinned", "stackLevel"), Text(pinned, "pinned", "idleStrategy")));
        Assert.Equal(("A", "3", "9"), (Text(pinned, "inForce", "rateUnit"), Text(pinned, "inForce", "stackLevel"), Text(pinned, "inForce", "maxStackLevel")));
        Assert.Equal("W", Text(pinned, "learned", "rateUnit"));
        await using (TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1"))
        {
            charger.On("SetChargingProfile", _ => new { status = "Accepted" });
            await BootAsync(charger);
            JsonElement profile = (await charger.ReceiveAsync("SetChargingProfile")).GetProperty("csChargingProfiles");
            Assert.Equal(("A", 3), (profile.GetProperty("chargingSchedule").GetProperty("chargingRateUnit").GetString(), profile.GetProperty("stackLevel").GetInt32()));
        }
        JsonElement one = (await PutAsync(new { pinned = new { rateUnit = (string?)null } })).GetProperty("data");
        Assert.Equal((null, "3"), (Text(one, "pinned", "rateUnit"), Text(one, "pinned", "stackLevel")));
        JsonElement none = (await PutAsync(new { pinned = (object?)null, idleStrategy = (string?)null })).GetProperty("data");
        Assert.All(none.GetProperty("pinned").EnumerateObject().Where(fact => fact.Name != "phases"), fact => Assert.Equal(JsonValueKind.Null, fact.Value.ValueKind));
    }

    [Theory]
    [InlineData("""{"pinned":{"rateUnit":"kW"}}""", "pinned.rateUnit")]
    [InlineData("""{"pinned":{"stackLevel":-1}}""", "pinned.stackLevel")]
    [InlineData("""{"pinned":{"phases":3}}""", "pinned.phases")]
    [InlineData("""{"pinned":{"bootNotification":"Always"}}""", "pinned.bootNotification")]
    [InlineData("""{"pinned":[]}""", "pinned")]
    public async Task A_pin_that_makes_no_sense_is_refused(string body, string path)
    {
        JsonElement answer = await PutAsync(JsonDocument.Parse(body).RootElement);
        Assert.Equal(path, answer.GetProperty("error").GetProperty("details").GetProperty("errors")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task What_is_known_of_a_model_counts_from_its_first_boot_and_gives_way_to_what_is_learned()
    {
        await CapAsync(7.4);
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("GetConfiguration", _ => new { configurationKey = new[] { new { key = "ChargeProfileMaxStackLevel", @readonly = true, value = "3" } } });
        charger.On("SetChargingProfile", _ => new { status = "Accepted" });
        await BootAsync(charger, "TAC3Z9119006710273::V1.8.21", "ABB", "CDT_TACW22::NET_WIFI");
        Assert.Equal(0, (await charger.ReceiveAsync("SetChargingProfile")).GetProperty("csChargingProfiles").GetProperty("stackLevel").GetInt32());
        JsonElement data = await UntilAsync(shown => shown.GetProperty("known").GetArrayLength() > 0);
        Assert.StartsWith("https://", data.GetProperty("known")[0].GetProperty("source").GetString());

        Assert.True(ChargePointId.TryParse("CP1", out ChargePointId id));
        var record = new ChargePointRecord
        {
            Id = id,
            Boot = new BootData("Wall Box Chargers", "PPR1-0-2-4", null, "6.11.16", "1.6", default),
            Learned = new LearnedBehaviour { ProfileKind = "Absolute" },
        };
        LearnedBehaviour known = KnownFacts.Merge(KnownFacts.Of(record))!;
        Assert.Equal(("Relative", BootHabit.WhenTriggered), (known.ProfileKind, known.BootNotification));
        Assert.Equal("Absolute", record.Learned.Over(known).ProfileKind);
        Assert.Empty(KnownFacts.Of(record with { Boot = record.Boot with { FirmwareVersion = "7.0" } }));
        Assert.NotEmpty(KnownFacts.Of(record with { Boot = new BootData("", "ACChargePoint", null, null, "1.6", default) }));
    }

    [Fact]
    public async Task Which_limits_it_takes_is_learned()
    {
        await CapAsync(7.4);
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("SetChargingProfile", call => new
        {
            status = call.GetProperty("csChargingProfiles").GetProperty("chargingProfilePurpose").GetString() == "TxProfile" ? "Rejected" : "Accepted",
        });
        await BootAsync(charger);
        await charger.StatusAsync("Preparing");
        await charger.StartAsync("CARD");
        await UntilAsync(data => Text(data, "learned", "defaultLimits") == "True" && Text(data, "learned", "transactionLimits") == "False");
    }

    [Fact]
    public async Task One_that_boots_only_when_asked_is_asked_sooner_from_the_next_link_on()
    {
        for (int link = 0; link < 2; link++)
        {
            await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
            charger.On("TriggerMessage", call =>
            {
                if (call.GetProperty("requestedMessage").GetString() == "BootNotification")
                    _ = BootAsync(charger);
                return new { status = "Accepted" };
            });
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            await charger.ReceiveAsync("GetConfiguration");
            if (link == 1)
                Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds, 0.9, 4.5);
            await UntilAsync(data => Text(data, "learned", "bootNotification") == "WhenTriggered");
        }
        // One boot by itself, and the habit is gone.
        await using TestChargePoint reformed = await TestChargePoint.BootAsync(_service.Ocpp, "CP1");
        await UntilAsync(data => Text(data, "learned", "bootNotification") is null);
    }

    [Fact]
    public async Task One_that_refuses_to_boot_is_ready_at_once_and_not_asked_again()
    {
        for (int link = 0; link < 2; link++)
        {
            await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
            await charger.StatusAsync("Available");
            await charger.ReceiveAsync("GetConfiguration");
            await UntilAsync(data => Text(data, "learned", "bootNotification") == "Never");
            Assert.Equal(link == 0, charger.Frames.Any(frame => frame.Contains("BootNotification")));
        }
    }

    [Fact]
    public async Task One_that_does_not_know_triggers_is_not_sent_any()
    {
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("TriggerMessage", _ => "NotSupported");
        await charger.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted", firmwareVersion = "1" });
        await UntilAsync(data => Text(data, "learned", "triggerMessage") == "False");
        int sent = charger.Frames.Count(frame => frame.Contains("TriggerMessage"));
        await _app.GetAsync("/ev-charger/dev1?expedite=true");
        Assert.Equal(sent, charger.Frames.Count(frame => frame.Contains("TriggerMessage")));
    }

    [Fact]
    public async Task A_late_answer_makes_calls_wait_longer()
    {
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("GetConfiguration", _ => null);
        await BootAsync(charger);
        await Wait.UntilAsync(() => charger.Frames.Any(frame => frame.Contains("GetConfiguration")), "the configuration was asked for");
        string id = JsonDocument.Parse(charger.Frames.First(frame => frame.Contains("GetConfiguration"))).RootElement[1].GetString()!;
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        await charger.SendAsync($$"""[3,"{{id}}",{"configurationKey":[]}]""");
        JsonElement data = await UntilAsync(shown => Text(shown, "learned", "callTimeoutSeconds") is not null);
        Assert.InRange(int.Parse(Text(data, "inForce", "callTimeoutSeconds")!, System.Globalization.CultureInfo.InvariantCulture), 6, 30);
    }

    [Fact]
    public async Task A_shorter_interval_that_was_refused_is_not_asked_for_again()
    {
        await using TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("GetConfiguration", _ => new { configurationKey = new[] { new { key = "MeterValueSampleInterval", @readonly = false, value = "60" } } });
        charger.On("ChangeConfiguration", _ => new { status = "Rejected" });
        await BootAsync(charger);
        await charger.StatusAsync("Preparing");
        await charger.StopAsync(await charger.StartAsync("CARD"));
        await UntilAsync(data => Text(data, "learned", "sampleIntervalSeconds") == "60");
        int asked = charger.Frames.Count(frame => frame.Contains("ChangeConfiguration"));
        await charger.StartAsync("CARD");
        await charger.StatusAsync("Charging");
        await charger.StatusAsync("Charging");
        Assert.Equal(asked, charger.Frames.Count(frame => frame.Contains("ChangeConfiguration")));
    }

    [Fact]
    public void Every_fact_that_can_be_learned_has_its_place_in_the_order()
    {
        foreach (System.Reflection.PropertyInfo fact in typeof(LearnedBehaviour).GetProperties().Where(property => property.CanWrite))
        {
            Type type = Nullable.GetUnderlyingType(fact.PropertyType) ?? fact.PropertyType;
            object? low = type == typeof(string) ? "low" : type.IsEnum ? Enum.GetValues(type).GetValue(0) : Convert.ChangeType(1, type, System.Globalization.CultureInfo.InvariantCulture);
            object? high = type == typeof(string) ? "high" : type.IsEnum ? Enum.GetValues(type).GetValue(1) : type == typeof(bool) ? false : Convert.ChangeType(2, type, System.Globalization.CultureInfo.InvariantCulture);
            var lower = new LearnedBehaviour();
            var upper = new LearnedBehaviour();
            fact.SetValue(lower, low);
            fact.SetValue(upper, high);
            Assert.Equal(low, fact.GetValue(new LearnedBehaviour().Over(lower)));
            Assert.Equal(high, fact.GetValue(upper.Over(lower)));
        }
    }

    [Fact]
    public void Every_known_fact_says_where_it_comes_from_and_what_follows_from_it()
    {
        Assert.NotEmpty(KnownFacts.All);
        Assert.All(KnownFacts.All, fact =>
        {
            Assert.Equal("https", fact.Source.Scheme);
            Assert.Matches(@"^[A-Z].*\.$", fact.Note);
            Assert.NotEqual(new LearnedBehaviour(), fact.Behaviour);
            Assert.False(fact is { Vendor: "" or "*", Model: "*" }, "It fits everything.");
        });
    }
}
