using System.Globalization;

namespace Amps.Ocpp.Bench.Load;

/// <summary>What the charge points of the measurements say, in one version of OCPP.</summary>
internal sealed record ChargePointWords(string Subprotocol, string Boot, Func<string> Sample, string[] Statuses, Func<OcppClient, ValueTask> Transact)
{
    public static ChargePointWords Ocpp16 { get; } = new(
        "ocpp1.6",
        """{"chargePointVendor":"Vendor","chargePointModel":"Model","chargePointSerialNumber":"0123456789","firmwareVersion":"1.2.3"}""",
        static () => ChargePointFleet.Compact(ChargePointFleet.MeterValues),
        [
            """{"connectorId":1,"errorCode":"NoError","status":"Charging","timestamp":"2026-01-01T00:00:00Z"}""",
            """{"connectorId":1,"errorCode":"NoError","status":"SuspendedEV","timestamp":"2026-01-01T00:01:00Z"}""",
        ],
        Transact16Async);

    public static ChargePointWords Ocpp201 { get; } = new(
        "ocpp2.0.1",
        """{"reason":"PowerUp","chargingStation":{"vendorName":"Vendor","model":"Model","serialNumber":"0123456789","firmwareVersion":"1.2.3"}}""",
        static () => $$"""{"evseId":1,"meterValue":[{{Meter("00000000")}}]}""",
        [
            """{"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Available","evseId":1,"connectorId":1}""",
            """{"timestamp":"2026-01-01T00:01:00Z","connectorStatus":"Occupied","evseId":1,"connectorId":1}""",
        ],
        Transact201Async);

    /// <summary>A MeterValues of now: what is older than some minutes counts as of the past, and costs less.</summary>
    public string MeterValues => Sample();

    /// <summary>A status that differs from the one before.</summary>
    public string Status(int turn) => Statuses[turn % Statuses.Length];

    private static string Meter(string energy) => $$"""
        {"timestamp":"{{Now()}}","sampledValue":[
        {"value":1{{energy}},"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register"},
        {"value":11040.0,"context":"Sample.Periodic","measurand":"Power.Active.Import"},
        {"value":16.0,"context":"Sample.Periodic","measurand":"Current.Import","phase":"L1"},
        {"value":16.0,"context":"Sample.Periodic","measurand":"Current.Import","phase":"L2"},
        {"value":16.0,"context":"Sample.Periodic","measurand":"Current.Import","phase":"L3"},
        {"value":230.1,"context":"Sample.Periodic","measurand":"Voltage","phase":"L1-N"},
        {"value":229.8,"context":"Sample.Periodic","measurand":"Voltage","phase":"L2-N"},
        {"value":230.4,"context":"Sample.Periodic","measurand":"Voltage","phase":"L3-N"},
        {"value":54,"context":"Sample.Periodic","measurand":"SoC"}]}
        """.ReplaceLineEndings("");

    private static string Now() => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static async ValueTask Transact16Async(OcppClient client)
    {
        string answer = await client.AskAsync(OcppClient.Prepare(
            "StartTransaction", $$"""{"connectorId":1,"idTag":"CARD","meterStart":1000,"timestamp":"{{Now()}}"}"""));
        using var parsed = System.Text.Json.JsonDocument.Parse(answer);
        string id = parsed.RootElement[2].GetProperty("transactionId").GetInt32().ToString(CultureInfo.InvariantCulture);
        await client.CallAsync(OcppClient.Prepare("StopTransaction", $$"""{"transactionId":{{id}},"meterStop":2000,"timestamp":"{{Now()}}"}"""));
    }

    private static async ValueTask Transact201Async(OcppClient client)
    {
        string id = Guid.NewGuid().ToString("N");
        await client.CallAsync(OcppClient.Prepare("TransactionEvent", $$"""
            {"eventType":"Started","timestamp":"{{Now()}}","triggerReason":"Authorized","seqNo":0,"transactionInfo":{"transactionId":"{{id}}","chargingState":"Charging"},"idToken":{"idToken":"CARD","type":"ISO14443"},"evse":{"id":1,"connectorId":1} }
            """.Trim()));
        await client.CallAsync(OcppClient.Prepare("TransactionEvent", $$"""
            {"eventType":"Ended","timestamp":"{{Now()}}","triggerReason":"StopAuthorized","seqNo":1,"transactionInfo":{"transactionId":"{{id}}","stoppedReason":"Local"},"evse":{"id":1,"connectorId":1} }
            """.Trim()));
    }
}
