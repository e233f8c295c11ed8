namespace Amps.Ocpp.Tests.Fuzz;

/// <summary>Valid frames of OCPP-J 1.6 that mutations start from; <c>{id}</c> stands for the message id.</summary>
internal static class FuzzSeeds
{
    private const string Time = "2026-01-02T03:04:05Z";

    /// <summary>Calls of a charge point, and answers nobody asked for.</summary>
    public static readonly string[] Frames =
    [
        Call("Authorize", """{"idTag":"TAG1"}"""),
        Call("BootNotification", """{"chargePointVendor":"VendorX","chargePointModel":"Model","chargePointSerialNumber":"S1","firmwareVersion":"1.0","meterType":"M"}"""),
        Call("DataTransfer", """{"vendorId":"VendorX","messageId":"m","data":"d"}"""),
        Call("DiagnosticsStatusNotification", """{"status":"Uploaded"}"""),
        Call("FirmwareStatusNotification", """{"status":"Installed"}"""),
        Call("Heartbeat", "{}"),
        Call("LogStatusNotification", """{"status":"Uploading","requestId":7}"""),
        Call("MeterValues", $$"""{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"{{Time}}","sampledValue":[{"value":"7360","measurand":"Power.Active.Import","unit":"W","phase":"L1","context":"Sample.Periodic","location":"Outlet"},{"value":"12.5"}]}]}"""),
        Call("SecurityEventNotification", $$"""{"type":"StartupOfTheDevice","timestamp":"{{Time}}","techInfo":"t"}"""),
        Call("SignCertificate", """{"csr":"-----BEGIN CERTIFICATE REQUEST-----"}"""),
        Call("SignedFirmwareStatusNotification", """{"status":"Installed","requestId":7}"""),
        Call("StartTransaction", $$"""{"connectorId":1,"idTag":"TAG1","meterStart":100,"timestamp":"{{Time}}","reservationId":3}"""),
        Call("StatusNotification", $$"""{"connectorId":1,"errorCode":"NoError","status":"Preparing","timestamp":"{{Time}}","info":"i","vendorId":"v","vendorErrorCode":"0"}"""),
        Call("StopTransaction", $$"""{"transactionId":1,"idTag":"TAG1","meterStop":200,"timestamp":"{{Time}}","reason":"Local","transactionData":[{"timestamp":"{{Time}}","sampledValue":[{"value":"200"}]}]}"""),
        """[3,"{id}",{"status":"Accepted"}]""",
        """[4,"{id}","GenericError","a \"text\"",{"a":null}]""",
    ];

    /// <summary>Answers to the service's own calls.</summary>
    public static readonly string[] Answers =
    [
        """[3,"{id}",{"status":"Accepted"}]""",
        """[3,"{id}",{"status":"Rejected"}]""",
        """[3,"{id}",{"configurationKey":[{"key":"NumberOfConnectors","readonly":true,"value":"2"},{"key":"MeterValueSampleInterval","readonly":false,"value":"10"}],"unknownKey":["x"]}]""",
        """[3,"{id}",{"status":"Accepted","connectorId":1,"scheduleStart":"2026-01-02T03:04:05Z","chargingSchedule":{"duration":300,"chargingRateUnit":"A","chargingSchedulePeriod":[{"startPeriod":0,"limit":32.0,"numberPhases":3}]}}]""",
        """[4,"{id}","NotImplemented","",{}]""",
    ];

    private static string Call(string action, string payload) => $$"""[2,"{id}","{{action}}",{{payload}}]""";
}
