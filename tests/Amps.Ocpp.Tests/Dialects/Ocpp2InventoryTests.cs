using System.Collections.Concurrent;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Dialects.Ocpp2;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Tests.Chargers.Caps;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>The station's own inventory as advice (B07): asked for once per firmware, learned from part by part, given up when it does not end.</summary>
public sealed class Ocpp2InventoryTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Fact]
    public async Task A_report_fills_in_what_no_answer_told_and_is_asked_for_once_per_firmware()
    {
        var asked = new ConcurrentQueue<string>();
        void Counts(TestStation station) => station.On("GetBaseReport", call =>
        {
            asked.Enqueue(call.GetProperty("reportBase").GetString()!);
            return new { status = "Accepted" };
        });
        await using (TestStation station = await fixture.BootAsync("REPORTS", "2.0.1", Counts))
        {
            JsonElement call = await station.Link.ReceiveAsync("GetBaseReport");
            Assert.Equal("FullInventory", call.GetProperty("reportBase").GetString());
            int requestId = call.GetProperty("requestId").GetInt32();
            await ReportAsync(station, requestId, 0, tbc: true,
                Told("SmartChargingCtrlr", "ProfileStackLevel", "5"), Told("SmartChargingCtrlr", "RateUnit", "W"), Told("SmartChargingCtrlr", "ACPhaseSwitchingSupported", "true"),
                Told("SampledDataCtrlr", "TxUpdatedMeasurands", "Energy.Active.Import.Register"), Told("TxCtrlr", "TxStopPoint", "EVConnected"));
            await ReportAsync(station, requestId, 1, tbc: false,
                Rating(1, 22, "kW"), Told("Connector", "AvailabilityState", "Available", evse: 2, connector: 2), Told("EVSE", "SupplyPhases", "3", evse: 1));
            JsonElement learned = (await UntilReadAsync("REPORTS", JsonValueKind.True)).GetProperty("learned");
            Assert.Equal(("W", "AtPlugOut", true), (learned.GetProperty("rateUnit").GetString(), learned.GetProperty("transactionEnds").GetString(), learned.GetProperty("switchesPhases").GetBoolean()));
            Assert.Equal((2, 2, 5, 3, 22.0), (
                learned.GetProperty("connectorCount").GetInt32(), learned.GetProperty("plugsPerCharger").GetInt32(), learned.GetProperty("maxStackLevel").GetInt32(),
                learned.GetProperty("phases").GetInt32(), learned.GetProperty("ratedPowerKw").GetDouble()));
            await Wait.UntilAsync(() => station.Set.ContainsKey("SampledDataCtrlr.TxUpdatedMeasurands"), "the measurands that only the report told are changed");
        }
        await using (TestStation again = await TestStation.BootAsync(fixture.Service.Ocpp, "REPORTS", "2.0.1", Counts))
        {
            await Wait.UntilAsync(() => again.Link.Frames.Any(frame => frame.Contains("GetCompositeSchedule", StringComparison.Ordinal)), "the setup is over");
            Assert.Single(asked);
            await again.CallAsync("BootNotification", new { reason = "FirmwareUpdate", chargingStation = new { vendorName = "Test", model = "Scripted", firmwareVersion = "2" } });
        }
        await using TestStation updated = await TestStation.ConnectAsync(fixture.Service.Ocpp, "REPORTS", "2.0.1");
        Counts(updated);
        await updated.StatusAsync("Available");
        await Wait.UntilAsync(() => asked.Count == 2, "the new firmware is asked");
    }

    [Fact]
    public async Task A_station_without_the_full_report_is_asked_for_a_smaller_one()
    {
        var asked = new ConcurrentQueue<string>();
        await using TestStation station = await fixture.BootAsync("SMALLER", "2.0.1", s => s.On("GetBaseReport", call =>
        {
            asked.Enqueue(call.GetProperty("reportBase").GetString()!);
            return new { status = "NotSupported" };
        }));
        await UntilReadAsync("SMALLER", JsonValueKind.False);
        Assert.Equal(["FullInventory", "ConfigurationInventory", "SummaryInventory"], asked);
    }

    [Fact]
    [Trait("row", "P25")]
    public async Task A_report_that_never_ends_is_given_up_and_nothing_waits_for_it()
    {
        var clock = new ManualTimeProvider();
        var house = new CapHouse(clock, new LimitingChargePoint(clock));
        var wire = new Wire();
        var setup = new Ocpp2Setup(house.ChargePoint, wire);
        var inventory = new Ocpp2Inventory(house.ChargePoint, wire, setup, clock);
        await inventory.AskAsync(CancellationToken.None);
        inventory.Take(new NotifyReport(wire.RequestId, Tbc: true, [new ReportData(new Component("EVSE", null, new Evse(2, null)), new Variable("AvailabilityState"), null, null)]));
        Assert.Equal(2, house.ChargePoint.Learned.ConnectorCount);
        Assert.Null(house.ChargePoint.Learned.InventoryRead);
        Assert.Equal(1, clock.ActiveTimers);
        clock.Advance(TimeSpan.FromMinutes(2));
        await Wait.UntilAsync(() => house.ChargePoint.Learned.InventoryRead == false, "it is given up");
        Assert.Equal(0, clock.ActiveTimers);
        inventory.Take(new NotifyReport(wire.RequestId, Tbc: false, null));
        Assert.False(house.ChargePoint.Learned.InventoryRead);
        await inventory.AskAsync(CancellationToken.None);
        Assert.Equal(1, wire.RequestId);
    }

    private Task<JsonElement> UntilReadAsync(string id, JsonValueKind read) => fixture.Service.Operator.UntilAsync(
        $"/operator/charge-points/{id}", data => data.GetProperty("learned").GetProperty("inventoryRead").ValueKind == read);

    private static Task ReportAsync(TestStation station, int requestId, int seqNo, bool tbc, params object[] reportData) =>
        station.CallAsync("NotifyReport", new { requestId, seqNo, tbc, generatedAt = "2026-01-01T00:00:00Z", reportData });

    private static object Told(string component, string variable, string value, int? evse = null, int? connector = null) => new
    {
        component = new { name = component, evse = evse is { } id ? new { id, connectorId = connector } : null },
        variable = new { name = variable },
        variableAttribute = new[] { new { value } },
    };

    private static object Rating(int evse, double maxLimit, string unit) => new
    {
        component = new { name = "EVSE", evse = new { id = evse } },
        variable = new { name = "Power" },
        variableAttribute = new[] { new { value = "0" } },
        variableCharacteristics = new { dataType = "decimal", supportsMonitoring = false, maxLimit, unit },
    };

    /// <summary>Accepts every report and tells none.</summary>
    private sealed class Wire : IOcppCalls
    {
        public int RequestId { get; private set; }

        public Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken)
        {
            RequestId = JsonDocument.Parse(payload).RootElement.GetProperty("requestId").GetInt32();
            return Task.FromResult(CallOutcome.Result("1", """{"status":"Accepted"}"""u8.ToArray()));
        }
    }
}
