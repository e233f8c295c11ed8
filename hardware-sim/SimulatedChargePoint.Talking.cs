using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>The boot, and what follows it.</summary>
public sealed partial class SimulatedChargePoint
{
    private protected override async Task OpenAsync(OcppLink link, CancellationToken life)
    {
        BootHabits habits = Personality.Boot;
        if (habits.DelayMs > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(habits.DelayMs), Clock.Time, life);
        if (habits.StatusesFirst)
            await TellStatusesFirstAsync(link, life);
        bool due = !Booted || habits.OnEveryLink;
        while (due && !habits.OnlyWhenTriggered && !habits.Never)
            due = !await BootAsync(link, life);
    }

    private protected override void TellOpened()
    {
        if (!Personality.Boot.WithoutStatuses)
        {
            TellStationStatus();
            foreach (Connector connector in _connectors)
                connector.TellStatus();
        }
        TellPast();
    }

    /// <summary>What the central system could not store keeps its place and is sent again (OCPP 1.6 section 4.3).</summary>
    private protected override TimeSpan? PauseAfterError(OutboxMessage message, int attempts) =>
        message.Keep ? TimeSpan.FromSeconds(_configuration.Whole("TransactionMessageRetryInterval")) : null;

    /// <summary>One BootNotification; true when it was accepted, after the pause the central system wants otherwise.</summary>
    private async Task<bool> BootAsync(OcppLink link, CancellationToken life)
    {
        var boot = new OutboxMessage("BootNotification", BootPayload, Keep: false);
        JsonObject answer = [];
        await SendAsync(link, boot with
        {
            Answered = given =>
            {
                answer = given;
                Booted = given["status"]?.GetValue<string>() == "Accepted";
            },
        }, life);
        double interval = answer["interval"]?.GetValue<double>() ?? 0;
        HeartbeatInterval = interval > 0 ? interval : 300;
        if (!Booted)
            await Task.Delay(TimeSpan.FromSeconds(interval > 0 ? interval : 60), Clock.Time, life);
        return Booted;
    }

    private async Task TellStatusesFirstAsync(OcppLink link, CancellationToken life)
    {
        for (int connectorId = 0; connectorId <= _connectors.Length; connectorId++)
        {
            try
            {
                await link.CallAsync("StatusNotification", new JsonObject
                {
                    ["connectorId"] = connectorId,
                    ["errorCode"] = "NoError",
                    ["status"] = connectorId == 0 ? "Available" : _connectors[connectorId - 1].Status,
                }, null, life);
            }
            catch (CallErrorException)
            {
                // Told again after the boot.
            }
        }
    }

    private JsonObject BootPayload() => new()
    {
        ["chargePointVendor"] = Options.Vendor,
        ["chargePointModel"] = Options.Model,
        ["chargePointSerialNumber"] = Options.SerialNumber,
        ["firmwareVersion"] = Options.FirmwareVersion,
    };

    private void TellStationStatus() => Tell("StatusNotification", () => new JsonObject
    {
        ["connectorId"] = 0,
        ["errorCode"] = "NoError",
        ["status"] = "Available",
        ["timestamp"] = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    }, keep: false);
}
