using System.Text.Json.Nodes;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>The personalities that only a station of 2.0.1 and 2.1 can have do what they say; those of any version are told in <c>PersonalityTests</c>.</summary>
public sealed class StationPersonalityTests
{
    /// <summary>What a personality is seen by, after a vehicle was plugged in and charging started from afar.</summary>
    private static readonly Dictionary<string, Func<StationHarness, Task>> s_seen = new()
    {
        ["zero-limit-discarded-while-suspended"] = static async at =>
        {
            at.Station.SuspendVehicle(1, true);
            Assert.Equal("Accepted", (await at.LimitAsync(1, 0))["status"]!.GetValue<string>());
            at.Station.SuspendVehicle(1, false);
            Assert.Equal(32, at.First.CurrentA);
        },
        ["transaction-limit-discarded-while-suspended"] = static async at =>
        {
            at.Station.SuspendVehicle(1, true);
            Assert.Equal("Accepted", (await at.LimitAsync(1, 10, "TxProfile", evseId: 1, transactionId: at.First.TransactionId))["status"]!.GetValue<string>());
            at.Station.SuspendVehicle(1, false);
            Assert.Equal(32, at.First.CurrentA);
        },
        ["station-total-current-frozen"] = static async at =>
        {
            await at.LimitAsync(1, 10);
            await at.PassUntilAsync(() => Samples(at.Events[^1], "Current.Import") is [10, 10, 10, 32], "the phases are live, the total is not");
        },
        ["stations-power-in-kilowatts"] = static at => at.PassUntilAsync(() => Samples(at.Events[^1], "Power.Active.Import") is [22.08], "kilowatts"),
        ["events-without-meter-values"] = static at =>
        {
            Assert.All(at.Events, told => Assert.Null(told["meterValue"]));
            return Task.CompletedTask;
        },
        ["transaction-from-plug-to-plug"] = static async at =>
        {
            Assert.Equal("CablePluggedIn", at.Events[0]["triggerReason"]!.GetValue<string>());
            await StopAsync(at);
            Assert.DoesNotContain("Ended", Kinds(at));
        },
        ["transaction-from-authorization"] = static async at =>
        {
            await StopAsync(at);
            at.Station.Unplug(1);
            await at.SettledAsync();
            await at.RemoteStartAsync();
            await Wait.UntilAsync(() => at.First is { TransactionId: not null, Status: "Idle" }, "a transaction without a vehicle");
            await at.PassUntilAsync(() => at.First.TransactionId is null, "nobody came");
            await Wait.UntilAsync(() => at.Events[^1]["triggerReason"]!.GetValue<string>() == "EVConnectTimeout", "that is told");
        },
        ["events-out-of-order"] = static async at =>
        {
            await StopAsync(at);
            Assert.Equal(["Ended", "Updated"], Kinds(at)[^2..]);
            Assert.Equal([3, 2], at.Events.TakeLast(2).Select(told => told["seqNo"]!.GetValue<int>()));
        },
        ["never-ends-transactions"] = static async at =>
        {
            await StopAsync(at);
            Assert.DoesNotContain("Ended", Kinds(at));
        },
        ["stations-available-while-plugged"] = static at =>
        {
            Assert.All(at.Central.Of("StatusNotification"), told => Assert.Equal("Available", told["connectorStatus"]!.GetValue<string>()));
            return Task.CompletedTask;
        },
        ["sequence-number-repeated"] = static async at =>
        {
            await at.PassUntilAsync(() => at.Events.Count(told => told["seqNo"]!.GetValue<int>() == 1) > 1, "the number is repeated");
        },
        ["events-told-twice"] = static at =>
        {
            Assert.Equal(["Started", "Started", "Updated", "Updated"], Kinds(at));
            return Task.CompletedTask;
        },
        ["report-never-finished"] = static async at =>
        {
            Assert.Equal("Accepted", await at.StatusAsync("GetBaseReport", """{"requestId":1,"reportBase":"FullInventory"}"""));
            await Wait.UntilAsync(() => at.Central.Of("NotifyReport").Count > 0, "parts of it come");
            await at.SettledAsync();
            Assert.All(at.Central.Of("NotifyReport"), part => Assert.True(part["tbc"]!.GetValue<bool>()));
        },
        ["report-not-supported"] = static async at => Assert.Equal("NotSupported", await at.StatusAsync("GetBaseReport", """{"requestId":1,"reportBase":"FullInventory"}""")),
        ["default-limits-on-evse-zero-only"] = static async at =>
        {
            Assert.Equal("Rejected", (await at.LimitAsync(1, 10, evseId: 1))["status"]!.GetValue<string>());
            await at.LimitAsync(1, 10);
            await Wait.UntilAsync(() => at.First.CurrentA == 10, "the station's is taken");
        },
        ["smart-charging-not-announced"] = static async at =>
        {
            JsonObject get = await at.Central.CallAsync("GetVariables", """{"getVariableData":[{"component":{"name":"SmartChargingCtrlr"},"variable":{"name":"Available"}}]}""");
            Assert.Equal("UnknownVariable", get["getVariableResult"]![0]!["attributeStatus"]!.GetValue<string>());
            Assert.Equal("Accepted", (await at.LimitAsync(1, 10))["status"]!.GetValue<string>());
        },
        ["limits-from-outside"] = static async at =>
        {
            Assert.Equal(13, at.First.CurrentA);
            await at.StatusAsync("GetChargingProfiles", """{"requestId":1,"chargingProfile":{}}""");
            await Wait.UntilAsync(() => at.Central.Of("ReportChargingProfiles").Count == 1, "it is reported");
            Assert.Equal("EMS", at.Central.Of("ReportChargingProfiles")[0]["chargingLimitSource"]!.GetValue<string>());
        },
        ["limits-checked-by-the-1-6-schema"] = static async at => Assert.Equal("FormatViolation", (await at.LimitAsync(1, 10))["error"]!.GetValue<string>()),
        ["start-points-read-only"] = static async at => Assert.Equal("NotSupported", (await at.Central.CallAsync("SetVariables", """
            {"setVariableData":[{"component":{"name":"TxCtrlr"},"variable":{"name":"TxStartPoint"},"attributeValue":"EVConnected"}]}
            """))["error"]!.GetValue<string>()),
    };

    public static TheoryData<string, string> Personalities
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (Personality personality in PersonalityCatalog.All.Values.Where(personality => !personality.Versions.Contains("1.6")))
            {
                foreach (string version in SimulatedStation.Versions.Intersect(personality.Versions))
                    all.Add(personality.Name, version);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Personalities))]
    public async Task It_does_what_it_says_in_messages_that_are_valid(string name, string version)
    {
        await using StationHarness at = await StationHarness.StartAsync(version, PersonalityCatalog.All[name]);
        at.Station.PlugIn(1);
        Assert.Equal("Accepted", await at.RemoteStartAsync());
        await Wait.UntilAsync(() => at.First.Status == "Charging", "it charges");
        await at.SettledAsync();
        await s_seen[name](at);
        Assert.Empty(at.Central.Violations);
    }

    private static async Task StopAsync(StationHarness at)
    {
        Assert.Equal("Accepted", await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{at.First.TransactionId}}"}"""));
        await Wait.UntilAsync(() => at.First.CurrentA == 0, "it stops");
        await at.SettledAsync();
    }

    private static string[] Kinds(StationHarness at) => [.. at.Events.Select(told => told["eventType"]!.GetValue<string>())];

    private static double[] Samples(JsonObject told, string measurand) =>
    [
        .. (told["meterValue"]?[0]?["sampledValue"]?.AsArray() ?? []).Where(sample => sample!["measurand"]!.GetValue<string>() == measurand).Select(sample => sample!["value"]!.GetValue<double>()),
    ];
}
