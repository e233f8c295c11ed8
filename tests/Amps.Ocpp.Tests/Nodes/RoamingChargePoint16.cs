using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A roaming charge point of OCPP 1.6.</summary>
internal sealed class RoamingChargePoint16(string id, string password, int seed, Func<Uri> balance) : RoamingChargePoint(id, password, seed, balance)
{
    public override string Version => "1.6";

    protected override void Answer(TestChargePoint link)
    {
        link.On("SetChargingProfile", call => TakeProfile(call.GetProperty("csChargingProfiles"), call.GetProperty("csChargingProfiles").GetProperty("chargingSchedule")));
        link.On("RemoteStartTransaction", call => StartRemotely(call.GetProperty("idTag").GetString()!));
        link.On("RemoteStopTransaction", call => StopRemotely(call.GetProperty("transactionId").GetInt32().ToString(CultureInfo.InvariantCulture)));
    }

    protected override Task BootAsync(TestChargePoint link) =>
        AskAsync(link, "BootNotification", new { chargePointVendor = "Test", chargePointModel = "Roaming", firmwareVersion = "1" });

    protected override Task TellStatusAsync(TestChargePoint link, bool charging) =>
        AskAsync(link, "StatusNotification", new { connectorId = 1, errorCode = "NoError", status = charging ? "Charging" : "Preparing" });

    protected override async Task TellStartAsync(TestChargePoint link, RoamingTransaction transaction)
    {
        JsonElement answer = await AskAsync(link, "StartTransaction", new
        {
            connectorId = 1,
            idTag = transaction.IdTag,
            meterStart = (int)transaction.MeterStart,
            timestamp = transaction.Started,
        });
        transaction.Id = answer.GetProperty("transactionId").GetInt32().ToString(CultureInfo.InvariantCulture);
    }

    protected override Task TellStopAsync(TestChargePoint link, RoamingTransaction transaction) => AskAsync(link, "StopTransaction", new
    {
        transactionId = int.Parse(transaction.Id!, CultureInfo.InvariantCulture),
        meterStop = (int)transaction.MeterStop,
        reason = transaction.StopReason,
        timestamp = transaction.Stopped,
    });

    protected override Task TellMeterAsync(TestChargePoint link, RoamingTransaction transaction, double register) => AskAsync(link, "MeterValues", new
    {
        connectorId = 1,
        transactionId = int.Parse(transaction.Id!, CultureInfo.InvariantCulture),
        meterValue = new[]
        {
            new
            {
                timestamp = Now,
                sampledValue = new[]
                {
                    new { value = register.ToString(CultureInfo.InvariantCulture), measurand = "Energy.Active.Import.Register", unit = "Wh" },
                    new { value = "7000", measurand = "Power.Active.Import", unit = "W" },
                },
            },
        },
    });
}
