using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>A roaming charging station of OCPP 2.0.1 or 2.1.</summary>
internal sealed class RoamingStation(string id, string version, string password, int seed, Func<Uri> balance) : RoamingChargePoint(id, password, seed, balance)
{
    public override string Version => version;

    protected override void Answer(TestChargePoint link)
    {
        link.On("GetVariables", asked => new
        {
            getVariableResult = asked.GetProperty("getVariableData").EnumerateArray()
                .Select(data => new { attributeStatus = "UnknownComponent", component = data.GetProperty("component"), variable = data.GetProperty("variable") }).ToArray(),
        });
        link.On("SetVariables", asked => new
        {
            setVariableResult = asked.GetProperty("setVariableData").EnumerateArray()
                .Select(data => new { attributeStatus = "UnknownVariable", component = data.GetProperty("component"), variable = data.GetProperty("variable") }).ToArray(),
        });
        link.On("GetBaseReport", _ => new { status = "NotSupported" });
        link.On("GetCompositeSchedule", _ => new { status = "Rejected" });
        link.On("SetChargingProfile", call => TakeProfile(call.GetProperty("chargingProfile"), call.GetProperty("chargingProfile").GetProperty("chargingSchedule")[0]));
        link.On("RequestStartTransaction", call =>
            StartRemotely(call.GetProperty("idToken").GetProperty("idToken").GetString()!, call.GetProperty("remoteStartId").GetInt32()));
        link.On("RequestStopTransaction", call => StopRemotely(call.GetProperty("transactionId").GetString()!));
    }

    protected override Task BootAsync(TestChargePoint link) =>
        AskAsync(link, "BootNotification", new { reason = "PowerUp", chargingStation = new { vendorName = "Test", model = "Roaming", firmwareVersion = "1" } });

    protected override Task TellStatusAsync(TestChargePoint link, bool charging) =>
        AskAsync(link, "StatusNotification", new { timestamp = Now, connectorStatus = "Occupied", evseId = 1, connectorId = 1 });

    protected override Task TellStartAsync(TestChargePoint link, RoamingTransaction transaction)
    {
        transaction.Id ??= Guid.NewGuid().ToString();
        transaction.NextEvent = 1;
        return TellAsync(link, transaction, "Started", transaction.RemoteStartId is null ? "Authorized" : "RemoteStart", 0, transaction.Started, transaction.MeterStart);
    }

    protected override Task TellStopAsync(TestChargePoint link, RoamingTransaction transaction) => TellAsync(
        link, transaction, "Ended", transaction.StopReason == "Remote" ? "RemoteStop" : "StopAuthorized", transaction.NextEvent, transaction.Stopped!, transaction.MeterStop);

    protected override async Task TellMeterAsync(TestChargePoint link, RoamingTransaction transaction, double register)
    {
        int sequence = transaction.NextEvent++;
        await TellAsync(link, transaction, "Updated", "MeterValuePeriodic", sequence, Now, register);
    }

    private static Task<JsonElement> TellAsync(TestChargePoint link, RoamingTransaction transaction, string type, string trigger, int sequence, string time, double register) =>
        AskAsync(link, "TransactionEvent", new
        {
            eventType = type,
            timestamp = time,
            triggerReason = trigger,
            seqNo = sequence,
            transactionInfo = new
            {
                transactionId = transaction.Id,
                chargingState = type == "Ended" ? "EVConnected" : "Charging",
                stoppedReason = type == "Ended" ? transaction.StopReason : null,
                remoteStartId = type == "Started" ? transaction.RemoteStartId : null,
            },
            evse = new { id = 1, connectorId = 1 },
            idToken = type == "Updated" ? null : new { idToken = transaction.IdTag, type = "Central" },
            meterValue = new[]
            {
                new
                {
                    timestamp = time,
                    sampledValue = new[] { new { value = register, measurand = "Energy.Active.Import.Register", unitOfMeasure = new { unit = "Wh" } } },
                },
            },
        });
}
