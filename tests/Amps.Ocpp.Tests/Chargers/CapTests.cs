using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>The cap on its way to the charger: ladder, learning, refusal, reboot (charger behaviour, section 5).</summary>
public sealed class CapTests : IAsyncLifetime
{
    private ServiceHost _service = null!;
    private ApiClient _app = null!;
    private readonly List<JsonElement> _profiles = [];

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:CallTimeoutSeconds=2", "Amps:Charging:LimitWriteIntervalSeconds=1");
        _app = await _service.CustomerAsync();
        await _service.RegisterAsync("CP1", "customer", new { phases = 3 }, "dev1");
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _app.Dispose();
    }

    private async Task<TestChargePoint> ChargerAsync(Func<JsonElement, object?> onProfile, string keys = "")
    {
        TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, "CP1");
        charger.On("SetChargingProfile", call =>
        {
            lock (_profiles)
                _profiles.Add(call);
            return onProfile(call.GetProperty("csChargingProfiles"));
        });
        charger.On("GetConfiguration", _ => new
        {
            configurationKey = keys.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => new { key = pair.Split('=')[0], @readonly = true, value = pair.Split('=')[1] }).ToArray(),
        });
        await charger.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted", firmwareVersion = "1" });
        await charger.StatusAsync("Available");
        return charger;
    }

    private Task CapAsync(double kw) => _app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = kw, unit = "kw" } });

    private Task<JsonElement> UntilAsync(Func<JsonElement, bool> condition) => _service.Operator.UntilAsync("/operator/charge-points/CP1", condition);

    private static string? Unmet(JsonElement data) => data.GetProperty("devices")[0].GetProperty("unmetLimit").GetString();

    private static double Limit(JsonElement profile) =>
        profile.GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble();

    private static string Unit(JsonElement profile) => profile.GetProperty("chargingSchedule").GetProperty("chargingRateUnit").GetString()!;

    private JsonElement[] Profiles()
    {
        lock (_profiles)
            return [.. _profiles];
    }

    private Task UntilLimitAsync(double limit, int count = 1) => Wait.UntilAsync(
        () => Profiles().Count(call => Limit(call.GetProperty("csChargingProfiles")) == limit) >= count, $"the limit {limit} was written {count} times");

    [Fact]
    public async Task A_charger_that_takes_only_watts_is_told_in_watts_and_it_is_learned()
    {
        await using TestChargePoint charger = await ChargerAsync(profile => new { status = Unit(profile) == "W" ? "Accepted" : "Rejected" });
        await CapAsync(7.4);
        await UntilLimitAsync(7400);
        await UntilAsync(data => data.GetProperty("learned").TryGetProperty("rateUnit", out JsonElement unit) && unit.GetString() == "W");
        int before = Profiles().Length;
        await CapAsync(5);
        await UntilLimitAsync(5000);
        Assert.Equal(before + 1, Profiles().Length);
    }

    [Fact]
    public async Task What_the_charger_announces_is_used_at_once()
    {
        await using TestChargePoint charger = await ChargerAsync(
            _ => new { status = "Accepted" }, "ChargingScheduleAllowedChargingRateUnit=Power;ChargeProfileMaxStackLevel=4");
        await CapAsync(7.4);
        await UntilLimitAsync(7400);
        JsonElement profile = Assert.Single(Profiles()).GetProperty("csChargingProfiles");
        Assert.Equal(("W", 4, "TxDefaultProfile"), (Unit(profile), profile.GetProperty("stackLevel").GetInt32(), profile.GetProperty("chargingProfilePurpose").GetString()));
    }

    /// <summary>The first write after a boot uses what the boot has just told, though it is still on its way to the store.</summary>
    [Fact]
    public async Task A_cap_from_before_the_boot_is_written_in_the_form_that_the_boot_teaches()
    {
        await CapAsync(7.4);
        await using TestChargePoint charger = await ChargerAsync(
            _ => new { status = "Accepted" }, "ChargingScheduleAllowedChargingRateUnit=Power;ChargeProfileMaxStackLevel=4");
        await UntilLimitAsync(7400);
        Assert.All(Profiles(), profile => Assert.Equal("W", Unit(profile.GetProperty("csChargingProfiles"))));
    }

    [Theory]
    [InlineData("stackLevel")]
    [InlineData("kind")]
    [InlineData("connectorZero")]
    public async Task A_refused_form_is_followed_by_the_next(string takes)
    {
        await using TestChargePoint charger = await ChargerAsync(profile => new
        {
            status = takes switch
            {
                "stackLevel" => profile.GetProperty("stackLevel").GetInt32() == 0,
                "kind" => profile.GetProperty("chargingProfileKind").GetString() == "Relative",
                _ => Profiles()[^1].GetProperty("connectorId").GetInt32() == 0,
            } ? "Accepted" : "Rejected",
        }, "ChargeProfileMaxStackLevel=9");
        await CapAsync(11);
        await Wait.UntilAsync(async () =>
        {
            JsonElement charger = (await _app.DataAsync("/ev-charger")).GetProperty("items")[0];
            return charger.GetProperty("state").GetProperty("maxCurrent") is { ValueKind: JsonValueKind.Number } amperes && amperes.GetDouble() == 15.9;
        }, "the cap is in force");
        Assert.InRange(Profiles().Length, 2, 8);
        Assert.All(Profiles(), call => Assert.True(Limit(call.GetProperty("csChargingProfiles")) is 15.9 or 11000));
    }

    [Fact]
    public async Task A_charger_that_refuses_every_form_shows_an_unmet_limit_and_keeps_its_desired_cap()
    {
        bool refuse = true;
        await using TestChargePoint charger = await ChargerAsync(_ => new { status = Volatile.Read(ref refuse) ? "Rejected" : "Accepted" });
        await CapAsync(11);
        await UntilAsync(data => Unmet(data)?.Contains("refuses") == true);
        Assert.Equal(11, (await _app.DataAsync("/ev-charger/dev1")).GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value").GetDouble());
        // A newer write is a new reason to try.
        Volatile.Write(ref refuse, false);
        await CapAsync(10);
        await UntilAsync(data => Unmet(data) is null);
    }

    [Fact]
    public async Task The_newest_of_many_writes_is_in_force_at_the_end_and_not_each_was_sent()
    {
        await using TestChargePoint charger = await ChargerAsync(_ => new { status = "Accepted" });
        for (int i = 1; i <= 30; i++)
            await CapAsync(5 + (i * 0.1));
        await UntilLimitAsync(11.5);
        Assert.InRange(Profiles().Length, 1, 29);
        Assert.Equal(11.5, Limit(Profiles()[^1].GetProperty("csChargingProfiles")));
    }

    [Fact]
    public async Task A_reboot_makes_the_cap_be_put_back()
    {
        await using (TestChargePoint charger = await ChargerAsync(_ => new { status = "Accepted" }))
        {
            await CapAsync(7.4);
            await UntilLimitAsync(10.7);
        }
        await using TestChargePoint again = await ChargerAsync(_ => new { status = "Accepted" });
        await UntilLimitAsync(10.7, 2);
    }

    [Fact]
    public async Task A_charger_that_is_away_gets_the_cap_when_it_comes()
    {
        await CapAsync(7.4);
        await using TestChargePoint charger = await ChargerAsync(_ => new { status = "Accepted" });
        await UntilLimitAsync(10.7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task No_energy_and_less_than_can_be_signalled_are_a_limit_of_zero(double kw)
    {
        await using TestChargePoint charger = await ChargerAsync(_ => new { status = "Accepted" });
        await CapAsync(kw);
        await UntilLimitAsync(0);
        Assert.Equal(kw, (await _app.DataAsync("/ev-charger/dev1")).GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_running_transaction_gets_a_profile_of_its_own_and_a_start_carries_one()
    {
        await using TestChargePoint charger = await ChargerAsync(_ => new { status = "Accepted" });
        charger.On("RemoteStartTransaction", call =>
        {
            charger.Later(() => charger.StartAsync(call.GetProperty("idTag").GetString()!));
            return new { status = "Accepted" };
        });
        await CapAsync(7.4);
        await UntilLimitAsync(10.7);
        await charger.StatusAsync("Preparing");
        JsonElement ended = await _app.RunAsync("dev1", "charge");
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        string start = Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
        Assert.Contains("\"TxProfile\"", start);
        Assert.Contains("10.7", start);
        await CapAsync(11);
        await Wait.UntilAsync(
            () => Profiles().Any(call => call.GetProperty("csChargingProfiles").GetProperty("chargingProfilePurpose").GetString() == "TxProfile"
                && Limit(call.GetProperty("csChargingProfiles")) == 15.9
                && call.GetProperty("csChargingProfiles").TryGetProperty("transactionId", out _)),
            "the transaction has the new cap");
    }
}
