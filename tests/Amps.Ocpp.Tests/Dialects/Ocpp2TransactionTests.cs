using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>TransactionEvents and statuses as stations really tell them: gaps, repeats, late words, several connectors.</summary>
public sealed class Ocpp2TransactionTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Fact]
    [Trait("row", "P21")]
    public async Task A_missing_start_a_gap_and_a_repeat_are_answered_and_the_highest_number_counts()
    {
        await using TestStation station = await fixture.BootAsync("ORDER", "2.0.1");
        await station.EventAsync("Updated", "ChargingStateChanged", "t1", "Charging", watts: 5000, seqNo: 3);
        await UntilAsync("order", "charging");
        await station.EventAsync("Updated", "ChargingStateChanged", "t1", "SuspendedEV", seqNo: 9);
        await UntilAsync("order", "paused");
        await station.EventAsync("Updated", "ChargingStateChanged", "t1", "Charging", seqNo: 4);
        await station.EventAsync("Updated", "ChargingStateChanged", "t1", "Charging", seqNo: 9);
        await station.EventAsync("Started", "Authorized", "t1", "Charging", seqNo: 0, idToken: "CARD");
        await UntilAsync("order", "paused");
        await station.EventAsync("Ended", "EVDeparted", "t1", "Idle", stoppedReason: "EVDisconnected", seqNo: 10);
        await station.EventAsync("Ended", "EVDeparted", "t1", "Idle", stoppedReason: "EVDisconnected", seqNo: 10);
        await station.EventAsync("Updated", "MeterValuePeriodic", "t1", "Charging", seqNo: 11);
        await UntilAsync("order", "available");
    }

    [Theory]
    [Trait("row", "R14")]
    [InlineData(2039)]
    [InlineData(0.1)]
    [InlineData(1234567.891)]
    public async Task A_register_is_stored_as_it_was_told(double wattHours)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"METER{wattHours * 1000:F0}");
        await using TestStation station = await fixture.BootAsync(id, "2.0.1");
        await station.EventAsync("Started", "Authorized", "t1", "Charging", idToken: "CARD", wattHours: wattHours);
        ChargePointMemory memory = await fixture.Service.Services.GetRequiredService<IChargePointStore>().RecallAsync(Sample.Cp(id), [], default);
        Assert.Equal(wattHours, Assert.Single(memory.OpenTransactions).MeterStartWh);
    }

    [Fact]
    [Trait("row", "P21")]
    public async Task A_transaction_told_backwards_is_never_live()
    {
        await using TestStation station = await fixture.BootAsync("BACKWARDS", "2.1");
        await station.EventAsync("Ended", "EVDeparted", "old", "Idle", stoppedReason: "EVDisconnected", seqNo: 2, offline: true, timestamp: "2026-01-02T00:00:00Z");
        await station.EventAsync("Started", "Authorized", "old", "Charging", seqNo: 0, offline: true, timestamp: "2026-01-01T00:00:00Z");
        await UntilAsync("backwards", "available");
    }

    [Fact]
    public async Task Days_old_events_do_not_touch_the_transaction_that_runs()
    {
        await using TestStation station = await fixture.BootAsync("QUEUE", "2.0.1");
        await station.EventAsync("Started", "Authorized", "new", "Charging", idToken: "CARD", watts: 4000);
        await UntilAsync("queue", "charging");
        await station.EventAsync("Started", "Authorized", "old", "Charging", seqNo: 0, offline: true, timestamp: "2026-01-01T00:00:00Z");
        await station.EventAsync("Ended", "EVDeparted", "old", "Idle", stoppedReason: "EVDisconnected", seqNo: 1, offline: true, timestamp: "2026-01-01T01:00:00Z");
        JsonElement read = await UntilAsync("queue", "charging");
        Assert.Equal(4, read.GetProperty("state").GetProperty("currentPower").GetDouble());
    }

    [Fact]
    public async Task A_running_transaction_is_known_again_on_a_new_link_by_the_stations_own_id()
    {
        await using (TestStation station = await fixture.BootAsync("AGAIN", "2.0.1"))
            await station.EventAsync("Started", "Authorized", "keep", "Charging", idToken: "CARD", watts: 4000);
        await using TestStation back = await TestStation.BootAsync(fixture.Service.Ocpp, "AGAIN", "2.0.1");
        await back.StatusAsync("Occupied");
        string? stopped = null;
        back.On("RequestStopTransaction", stop =>
        {
            stopped = stop.GetProperty("transactionId").GetString();
            _ = Task.Run(() => back.EventAsync("Ended", "RemoteStop", "keep", "EVConnected", stoppedReason: "Remote", seqNo: 5, evse: false));
            return new { status = "Accepted" };
        });
        Assert.Equal("completed", (await fixture.App.RunAsync("again", "idle")).GetProperty("state").GetString());
        Assert.Equal("keep", stopped);
    }

    [Fact]
    public async Task The_connectors_of_an_EVSE_are_one_charger_and_events_tell_their_status_as_well()
    {
        await using TestStation station = await fixture.BootAsync("TWO", "2.1");
        await station.StatusAsync("Available", connectorId: 2);
        await station.StatusAsync("Occupied", connectorId: 2);
        await UntilAsync("two", "preparing");
        await station.StatusAsync("Unavailable", connectorId: 1);
        await UntilAsync("two", "preparing");
        await AvailabilityAsync(station, 2, "Available");
        await UntilAsync("two", "available");
        await AvailabilityAsync(station, 2, "Faulted");
        await UntilAsync("two", "faulted");
        await station.CallAsync("StatusNotification", new { timestamp = "2026-01-01T00:00:00Z", connectorStatus = "Available", evseId = 1, connectorId = 0 });
        await UntilAsync("two", "faulted");
    }

    [Fact]
    [Trait("row", "P11")]
    public async Task A_status_that_was_overtaken_changes_nothing_and_is_asked_for_again()
    {
        await using TestStation station = await fixture.BootAsync("LATE", "2.0.1");
        await station.StatusAsync("Occupied");
        await station.CallAsync("StatusNotification", new { timestamp = "2026-01-01T00:00:00Z", connectorStatus = "Faulted", evseId = 1, connectorId = 1 });
        await station.Link.ReceiveAsync("TriggerMessage");
        await UntilAsync("late", "preparing");
    }

    [Fact]
    [Trait("row", "P25")]
    public async Task What_a_report_or_a_status_names_becomes_a_charger_though_the_report_never_ends()
    {
        await using TestStation station = await fixture.BootAsync("GROWS", "2.0.1", s => s.On("GetBaseReport", _ => new { status = "Accepted" }));
        await station.CallAsync("NotifyReport", new
        {
            requestId = 1,
            seqNo = 0,
            tbc = true,
            generatedAt = "2026-01-01T00:00:00Z",
            reportData = new[] { new { component = new { name = "EVSE", evse = new { id = 2 } }, variable = new { name = "AvailabilityState" }, variableAttribute = new[] { new { value = "Available" } } } },
        });
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/GROWS", data => data.GetProperty("devices").GetArrayLength() == 2);
        await station.StatusAsync("Occupied", evseId: 3);
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/GROWS", data => data.GetProperty("devices").GetArrayLength() == 3);
    }

    private Task<JsonElement> UntilAsync(string device, string status) =>
        fixture.App.UntilAsync($"/ev-charger/{device}", read => read.GetProperty("state").GetProperty("status").GetString() == status);

    private static Task AvailabilityAsync(TestStation station, int connectorId, string state) => station.CallAsync("NotifyEvent", new
    {
        generatedAt = "2026-01-01T00:00:00Z",
        seqNo = 0,
        eventData = new[]
        {
            new
            {
                eventId = 1, timestamp = "2026-01-01T00:00:00Z", trigger = "Delta", actualValue = state, eventNotificationType = "HardWiredNotification",
                component = new { name = "Connector", evse = new { id = 1, connectorId } }, variable = new { name = "AvailabilityState" },
            },
        },
    });
}
