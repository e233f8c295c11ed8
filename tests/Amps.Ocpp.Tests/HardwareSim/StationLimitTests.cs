using System.Text.Json.Nodes;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>Charging profiles of a simulated station: which it takes, what they amount to, and what flows.</summary>
public sealed class StationLimitTests
{
    private static async Task<double> CompositeAsync(StationHarness at, int evseId = 1, string unit = "A")
    {
        JsonObject answer = await at.Central.CallAsync("GetCompositeSchedule", $$"""{"evseId":{{evseId}},"duration":3600,"chargingRateUnit":"{{unit}}"}""");
        return answer["schedule"]!["chargingSchedulePeriod"]![0]!["limit"]!.GetValue<double>();
    }

    private static string Reason(JsonObject answer) => answer["statusInfo"]?["reasonCode"]?.GetValue<string>() ?? answer["error"]?.GetValue<string>() ?? answer["status"]!.GetValue<string>();

    [Fact]
    public async Task Profiles_stack_by_level_within_a_purpose_and_purposes_limit_one_another()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1", plugged: true);
        Assert.Equal(32, await CompositeAsync(at));
        await at.LimitAsync(1, 16);
        Assert.Equal(16, await CompositeAsync(at));
        await at.LimitAsync(2, 24, stackLevel: 3, evseId: 1);
        Assert.Equal(24, await CompositeAsync(at));
        await at.LimitAsync(3, 20, "ChargingStationMaxProfile", kind: "Absolute");
        Assert.Equal(20, await CompositeAsync(at));
        Assert.Equal(20, await CompositeAsync(at, 0));
        await at.LimitAsync(2, 6900, stackLevel: 3, evseId: 1, unit: "W");
        Assert.Equal(10, await CompositeAsync(at));
        Assert.Equal(6900, await CompositeAsync(at, unit: "W"));
        await at.RemoteStartAsync();
        await Wait.UntilAsync(() => at.First.Status == "Charging", "it charges");
        Assert.Equal(10, at.First.CurrentA);
        await at.LimitAsync(5, 13, "TxProfile", evseId: 1, transactionId: at.First.TransactionId);
        await Wait.UntilAsync(() => at.First.CurrentA == 13, "the transaction has its own limit");
        await at.LimitAsync(5, 13, "TxProfile", evseId: 1, transactionId: at.First.TransactionId, phases: 1);
        await Wait.UntilAsync(() => at.First.PowerKw == 2.99, "one phase is used");
        await at.LimitAsync(5, 0, "TxProfile", evseId: 1, transactionId: at.First.TransactionId);
        await Wait.UntilAsync(() => at.First is { Status: "SuspendedEVSE", CurrentA: 0 }, "it is paused");
        Assert.Equal("Accepted", await at.StatusAsync("ClearChargingProfile", """{"chargingProfileId":5}"""));
        await Wait.UntilAsync(() => at.First.CurrentA == 10, "it goes on");
        Assert.Equal("Accepted", await at.StatusAsync("ClearChargingProfile", """{"chargingProfileCriteria":{"chargingProfilePurpose":"TxDefaultProfile"}}"""));
        await Wait.UntilAsync(() => at.First.CurrentA == 20, "the station's limit is left");
        Assert.Equal("Unknown", await at.StatusAsync("ClearChargingProfile", """{"chargingProfileId":4711}"""));
        Assert.Contains(at.Events, told => told["triggerReason"]!.GetValue<string>() == "ChargingRateChanged");
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task Unlawful_profiles_are_rejected_with_a_reason()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1", plugged: true, evses: 2);
        Assert.Equal("UnknownEvse", Reason(await at.LimitAsync(1, 10, evseId: 3)));
        Assert.Equal("InvalidProfile", Reason(await at.LimitAsync(1, 10, "ChargingStationMaxProfile", evseId: 1, kind: "Absolute")));
        Assert.Equal("InvalidProfile", Reason(await at.LimitAsync(1, 10, "ChargingStationMaxProfile")));
        Assert.Equal("InvalidProfile", Reason(await at.LimitAsync(1, 10, "ChargingStationExternalConstraints")));
        Assert.Equal("MissingParam", Reason(await at.LimitAsync(1, 10, "TxProfile", evseId: 1)));
        Assert.Equal("TxNotFound", Reason(await at.LimitAsync(1, 10, "TxProfile", evseId: 1, transactionId: "none")));
        Assert.Equal("InvalidProfile", Reason(await at.LimitAsync(1, 10, "TxProfile", transactionId: "none")));
        Assert.Equal("InvalidStackLevel", Reason(await at.LimitAsync(1, 10, stackLevel: 99)));
        Assert.Equal("ValueTooLow", Reason(await at.LimitAsync(1, -1)));
        Assert.Equal("ValueOutOfRange", Reason(await at.LimitAsync(1, 10, phases: 4)));
        Assert.Equal("InvalidSchedule", Reason(await at.LimitAsync(1, 10, kind: "Recurring")));
        Assert.Equal("PropertyConstraintViolation", Reason(await at.LimitAsync(1, 10, kind: "Dynamic")));
        Assert.Equal("PropertyConstraintViolation", Reason(await at.LimitAsync(1, 10, unit: "kW")));
        Assert.Equal("Accepted", Reason(await at.LimitAsync(1, 10)));
        Assert.Equal("DuplicateProfile", Reason(await at.LimitAsync(2, 12)));
        Assert.Equal("DuplicateProfile", Reason(await at.LimitAsync(2, 12, evseId: 1)));
        Assert.Equal("Accepted", Reason(await at.LimitAsync(2, 12, evseId: 1, stackLevel: 1)));
        Assert.Equal("InvalidProfile", Reason(await at.Central.CallAsync("RequestStartTransaction", """
            {"idToken":{"idToken":"APP","type":"Central"},"remoteStartId":1,"chargingProfile":{"id":9,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",
            "chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":9}]}]}}
            """)));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task A_remote_start_brings_its_own_limit_and_the_transaction_takes_it_along()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.1", plugged: true);
        Assert.Equal("Accepted", await at.RemoteStartAsync(more: """
            ,"chargingProfile":{"id":9,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",
            "chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":9},{"startPeriod":120,"limit":6}]}]}
            """));
        await Wait.UntilAsync(() => at.First.CurrentA == 9, "the limit is in force");
        JsonObject composite = await at.Central.CallAsync("GetCompositeSchedule", """{"evseId":1,"duration":600}""");
        Assert.Equal([9.0, 6.0], composite["schedule"]!["chargingSchedulePeriod"]!.AsArray().Select(period => period!["limit"]!.GetValue<double>()));
        await at.PassUntilAsync(() => at.First.CurrentA == 6, "the second period");
        await at.StatusAsync("RequestStopTransaction", $$"""{"transactionId":"{{at.First.TransactionId}}"}""");
        await Wait.UntilAsync(() => at.First.TransactionId is null, "it stops");
        Assert.Equal("NoProfiles", await at.StatusAsync("GetChargingProfiles", """{"requestId":1,"chargingProfile":{}}"""));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task The_stations_limit_is_shared_and_validity_ends()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1", plugged: true, evses: 2);
        await at.LimitAsync(1, 32, "ChargingStationMaxProfile", kind: "Absolute", more: ",\"validTo\":\"2025-06-01T12:10:00Z\"");
        await at.RemoteStartAsync();
        await Wait.UntilAsync(() => at.First.CurrentA == 32, "the first charges alone");
        at.Station.PresentCard(2, "CARD");
        await at.PassUntilAsync(() => at.Station.Snapshots.All(evse => evse.CurrentA == 16), "both share");
        await at.PassUntilAsync(() => at.Station.Snapshots.All(evse => evse.CurrentA == 32), "the limit is no more");
        Assert.True(at.Time.GetUtcNow() >= new DateTimeOffset(2025, 6, 1, 12, 10, 0, TimeSpan.Zero));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task A_dynamic_profile_of_2_1_is_changed_in_place()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.1", plugged: true);
        Assert.Equal("Accepted", Reason(await at.LimitAsync(4, 20, kind: "Dynamic")));
        Assert.Equal(20, await CompositeAsync(at));
        Assert.Equal("Accepted", await at.StatusAsync("UpdateDynamicSchedule", """{"chargingProfileId":4,"scheduleUpdate":{"limit":8.5}}"""));
        Assert.Equal(8.5, await CompositeAsync(at));
        Assert.Equal("Rejected", await at.StatusAsync("UpdateDynamicSchedule", """{"chargingProfileId":5,"scheduleUpdate":{"limit":8.5}}"""));
        Assert.Empty(at.Central.Violations);
    }

    [Fact]
    public async Task Profiles_are_reported_by_evse_and_as_they_are_asked_for()
    {
        await using StationHarness at = await StationHarness.StartAsync("2.0.1", evses: 2);
        await at.LimitAsync(1, 30, "ChargingStationMaxProfile", kind: "Absolute");
        await at.LimitAsync(2, 10, evseId: 1);
        await at.LimitAsync(3, 11, evseId: 2);
        Assert.Equal("Accepted", await at.StatusAsync("GetChargingProfiles", """{"requestId":8,"chargingProfile":{"chargingProfilePurpose":"TxDefaultProfile"}}"""));
        await Wait.UntilAsync(() => at.Central.Of("ReportChargingProfiles").Count == 2, "both are reported");
        IReadOnlyList<JsonObject> told = at.Central.Of("ReportChargingProfiles");
        Assert.Equal([1, 2], told.Select(report => report["evseId"]!.GetValue<int>()));
        Assert.Equal([true, false], told.Select(report => report["tbc"]!.GetValue<bool>()));
        Assert.Equal("NoProfiles", await at.StatusAsync("GetChargingProfiles", """{"requestId":9,"evseId":0,"chargingProfile":{"chargingProfileId":[2,3]}}"""));
        Assert.Equal("Accepted", await at.StatusAsync("GetChargingProfiles", """{"requestId":9,"evseId":0,"chargingProfile":{"chargingProfileId":[1,3],"chargingLimitSource":["CSO"]}}"""));
        Assert.Empty(at.Central.Violations);
    }
}
