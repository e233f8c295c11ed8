using System.Collections.Concurrent;
using System.Text.Json;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>A cap is held against the profiles that a station of 2.x says it keeps, where it shows no limit in force (use case K09).</summary>
public sealed class Ocpp2StoredProfileTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    private readonly ConcurrentQueue<JsonElement> _asked = new();

    public static TheoryData<string> Versions => ["2.0.1", "2.1"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_profile_is_found_in_a_report_of_several_parts(string version)
    {
        string id = "KEEPS" + version;
        await using TestStation station = await fixture.BootAsync(id, version);
        station.On("GetChargingProfiles", asked => Report(station, asked, [Stranger(1), .. station.Kept(asked), Stranger(2)]));
        await CapAsync(id, 7.4);
        await UntilAsync(id, device => device.GetProperty("capVerifiedBy").GetString() == "storedProfile");
        JsonElement question = _asked.First();
        Assert.Equal(1, question.GetProperty("evseId").GetInt32());
        Assert.Equal(
            [station.Profiles.First().GetProperty("chargingProfile").GetProperty("id").GetInt32()],
            question.GetProperty("chargingProfile").GetProperty("chargingProfileId").EnumerateArray().Select(number => number.GetInt32()));

        // In force says more than kept.
        await station.StatusAsync("Occupied");
        await station.EventAsync("Started", "Authorized", "tx1", "Charging", idToken: "CARD", watts: 7300);
        await Wait.UntilAsync(() => station.Profiles.Any(call => call.GetProperty("chargingProfile").GetProperty("chargingProfilePurpose").GetString() == "TxProfile"), "the transaction has its limit");
        bool measured = false;
        for (int i = 0; i < 100 && !measured; i++)
        {
            // A sample from before a write is no proof of it.
            await station.PowerAsync(7300);
            JsonElement device = (await fixture.Service.Operator.DataAsync($"/operator/charge-points/{id}")).GetProperty("devices")[0];
            measured = device.GetProperty("capVerifiedBy").GetString() == "measured";
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.True(measured);
    }

    [Fact]
    public async Task A_station_that_keeps_none_of_it_is_told_of_and_gets_it_again()
    {
        await using TestStation station = await fixture.BootAsync("LOSES", "2.0.1");
        station.On("GetChargingProfiles", asked =>
        {
            _asked.Enqueue(asked);
            return new { status = "NoProfiles" };
        });
        await CapAsync("LOSES", 7.4);
        JsonElement device = await UntilAsync("LOSES", device => device.GetProperty("unmetLimit").GetString()?.Contains("keeps another limit, or none", StringComparison.Ordinal) == true);
        Assert.Equal(JsonValueKind.Null, device.GetProperty("capVerifiedBy").ValueKind);
        station.On("GetChargingProfiles", asked => Report(station, asked, [.. station.Kept(asked)]));
        await UntilAsync("LOSES", device => device.GetProperty("capVerifiedBy").GetString() == "storedProfile");
        Assert.Equal(2, station.Profiles.Count);
    }

    [Fact]
    public async Task A_station_that_refuses_its_composite_schedule_is_verified_by_what_it_keeps()
    {
        var options = new SimulatedChargePointOptions
        {
            Id = "SIMKEEPS",
            Url = new Uri(fixture.Service.Ocpp.ToString().TrimEnd('/')),
            OcppVersion = "2.0.1",
            Personality = new Personality { Answers = [new AnswerRule { Action = "GetCompositeSchedule", Status = "Rejected" }] },
            Connectors = [new ConnectorOptions { Vehicle = new VehicleOptions() }],
        };
        await fixture.Service.RegisterAsync("SIMKEEPS", "customer", "simkeeps");
        var check = new FrameCheck("2.0.1");
        await using var clock = new SimulationClock();
        await using var station = new SimulatedStation(options, clock);
        station.FrameSeen += check.Take;
        station.Start();
        await CapAsync("SIMKEEPS", 7.4);
        await UntilAsync("SIMKEEPS", device => device.GetProperty("capVerifiedBy").GetString() == "storedProfile");
        Assert.Equal("completed", (await fixture.App.RunAsync("simkeeps", "charge")).GetProperty("state").GetString());
        await UntilAsync("SIMKEEPS", device => device.GetProperty("capVerifiedBy").GetString() == "measured");
        Assert.Empty(check.Violations);
    }

    [Fact]
    public async Task What_other_central_systems_left_is_cleared_by_its_id_and_what_is_limited_from_outside_stays()
    {
        await fixture.Service.RegisterAsync("LEFTOVERS", "customer", new { clearForeignProfiles = true }, "leftovers");
        var cleared = new ConcurrentQueue<JsonElement>();
        await using TestStation station = await TestStation.BootAsync(fixture.Service.Ocpp, "LEFTOVERS", "2.0.1", before: s =>
        {
            s.On("GetChargingProfiles", asked => Report(s, asked, [Stranger(99), Stranger(1001), Stranger(77)], "CSO", "CSO", "EMS"));
            s.On("ClearChargingProfile", call =>
            {
                cleared.Enqueue(call);
                return new { status = "Accepted" };
            });
        });
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/LEFTOVERS", data => data.GetProperty("learned").GetProperty("foreignLimitsCleared").ValueKind == JsonValueKind.True);
        Assert.Equal([99], cleared.Select(call => call.GetProperty("chargingProfileId").GetInt32()));
        Assert.Equal("CSO", Assert.Single(_asked.First().GetProperty("chargingProfile").GetProperty("chargingLimitSource").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_station_that_cannot_list_its_profiles_is_told_which_purposes_to_clear()
    {
        await fixture.Service.RegisterAsync("UNLISTED", "customer", new { clearForeignProfiles = true }, "unlisted");
        var cleared = new ConcurrentQueue<string>();
        await using TestStation station = await TestStation.BootAsync(fixture.Service.Ocpp, "UNLISTED", "2.0.1", before: s =>
        {
            // Its errors are meant.
            s.Link.Check = null;
            s.On("GetChargingProfiles", _ => "NotImplemented");
            s.On("ClearChargingProfile", call =>
            {
                cleared.Enqueue(call.GetProperty("chargingProfileCriteria").GetProperty("chargingProfilePurpose").GetString()!);
                return new { status = "Unknown" };
            });
        });
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/UNLISTED", data => data.GetProperty("learned").GetProperty("foreignLimitsCleared").ValueKind == JsonValueKind.True);
        Assert.Equal(["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"], cleared);
    }

    private object Report(TestStation station, JsonElement asked, JsonElement[] profiles, params string[] sources)
    {
        _asked.Enqueue(asked);
        return station.Report(asked, profiles, sources);
    }

    private static JsonElement Stranger(int id) => JsonSerializer.SerializeToElement(new
    {
        id,
        stackLevel = 0,
        chargingProfilePurpose = "TxDefaultProfile",
        chargingProfileKind = "Relative",
        chargingSchedule = new[] { new { id = 1, chargingRateUnit = "A", chargingSchedulePeriod = new[] { new { startPeriod = 0, limit = 32 } } } },
    });

    private Task CapAsync(string id, double kilowatts) => fixture.App.PostAsync(
        $"/ev-charger/{Ocpp2Service.Device(id)}/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });

    private async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> condition) =>
        (await fixture.Service.Operator.UntilAsync($"/operator/charge-points/{id}", data => condition(data.GetProperty("devices")[0]), seconds: 40)).GetProperty("devices")[0];
}
