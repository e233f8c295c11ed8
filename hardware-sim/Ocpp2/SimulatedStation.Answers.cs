using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>The answers to a central system's calls.</summary>
public sealed partial class SimulatedStation
{
    /// <summary>Known to the standard, not to this hardware: answered NotSupported. What is not even here is NotImplemented.</summary>
    private static readonly HashSet<string> s_unsupported =
    [
        "AFRRSignal", "ChangeTransactionTariff", "ClearDERControl", "ClearDisplayMessage", "ClearTariffs", "CostUpdated", "GetDERControl",
        "GetDisplayMessages", "GetMonitoringReport", "GetTariffs", "NotifyAllowedEnergyTransfer", "NotifyWebPaymentStarted", "PublishFirmware",
        "RequestBatterySwap", "SetDERControl", "SetDefaultTariff", "SetDisplayMessage", "SetMonitoringBase", "SetMonitoringLevel", "UnpublishFirmware",
    ];

    private static readonly HashSet<string> s_only21 =
    [
        "AFRRSignal", "AdjustPeriodicEventStream", "ChangeTransactionTariff", "ClearDERControl", "ClearTariffs", "GetDERControl",
        "GetPeriodicEventStream", "GetTariffs", "NotifyAllowedEnergyTransfer", "NotifyWebPaymentStarted", "RequestBatterySwap", "SetDERControl",
        "SetDefaultTariff", "UpdateDynamicSchedule", "UsePriorityCharging",
    ];

    private protected override Reply Answer(string action, JsonObject call)
    {
        lock (Gate)
        {
            return _registration == RegistrationStatus.Rejected && !(action == "TriggerMessage" && call.MaybeText("requestedMessage") == "BootNotification")
                ? new Reply(null, "SecurityError")
                : AnswerByHabit(action, call, () => Usual(action, call), () => ShownOf(call), Words.Status) ?? Usual(action, call);
        }
    }

    private Reply Usual(string action, JsonObject call)
    {
        bool known = Is21 || !s_only21.Contains(action);
        return known && Perform(action, call) is { } result ? new Reply(result) : new Reply(null, known && s_unsupported.Contains(action) ? "NotSupported" : "NotImplemented");
    }

    /// <summary>Carries a call out and gives its answer; null = it is not for this hardware.</summary>
    private JsonObject? Perform(string action, JsonObject call) => action switch
    {
        "RequestStartTransaction" => RequestStart(call),
        "RequestStopTransaction" => RequestStop(call.Text("transactionId")),
        "GetTransactionStatus" => TransactionStatus(call.MaybeText("transactionId")),
        "SetChargingProfile" => SetProfile(call),
        "ClearChargingProfile" => ClearProfile(call),
        "GetChargingProfiles" => GetProfiles(call),
        "GetCompositeSchedule" => CompositeSchedule(call),
        "UpdateDynamicSchedule" => UpdateDynamic(call),
        "UsePriorityCharging" => Words.Status("NoProfile"),
        "GetVariables" => GetVariables(call),
        "SetVariables" => SetVariables(call),
        "GetBaseReport" => GetBaseReport(call),
        "GetReport" => GetReport(call),
        "SetVariableMonitoring" => SetMonitoring(call),
        "ClearVariableMonitoring" => ClearMonitoring(call),
        "AdjustPeriodicEventStream" => AdjustStream(call),
        "GetPeriodicEventStream" => ListStreams(),
        "TriggerMessage" => Trigger(call),
        "ChangeAvailability" => ChangeAvailability(call),
        "Reset" => Reset(call),
        "UnlockConnector" => Unlock(call),
        "ReserveNow" => Reserve(call),
        "CancelReservation" => CancelReservation(call.Whole("reservationId")),
        "SendLocalList" => SendLocalList(call),
        "GetLocalListVersion" => new JsonObject { ["versionNumber"] = _localListVersion },
        "ClearCache" => ClearCache(),
        "SetNetworkProfile" => SetNetworkProfile(call),
        "DataTransfer" => UnknownVendor(call),
        "CustomerInformation" => CustomerInformation(call),
        "CertificateSigned" => Words.Status("Rejected", "InvalidCSR", "no certificate was asked for"),
        "InstallCertificate" => Words.Status("Rejected", "UnsupportedRequest", "no store of certificates"),
        "DeleteCertificate" => Words.Status("NotFound"),
        "GetInstalledCertificateIds" => Words.Status("NotFound"),
        "GetLog" => Words.Status("Rejected", "UnsupportedRequest", "there is no log"),
        "UpdateFirmware" => Words.Status("Rejected", "UnsupportedRequest", "the firmware is fixed"),
        _ => null,
    };

    /// <summary>What the EVSE shows that a call is about; the first one where it does not say.</summary>
    private string ShownOf(JsonObject call)
    {
        string? transaction = call.MaybeText("transactionId") ?? call.MaybePart("chargingProfile")?.MaybeText("transactionId");
        Evse? running = transaction is null ? null : FindTransaction(transaction);
        int evseId = call.MaybePart("evse")?.MaybeWhole("id") ?? call.MaybeWhole("evseId") ?? 1;
        return (running ?? Find(evseId) ?? _evses[0]).Shown;
    }

    private static JsonObject UnknownVendor(JsonObject call)
    {
        call.Text("vendorId");
        return Words.Status("UnknownVendorId");
    }

    /// <summary>Slot 1 is the one there is; what is set counts from the next boot, and the address stays what it is.</summary>
    private static JsonObject SetNetworkProfile(JsonObject call)
    {
        JsonObject profile = call.Part("connectionData");
        profile.Text("ocppCsmsUrl");
        return call.Whole("configurationSlot") == 1 ? Words.Status("Accepted") : Words.Status("Rejected", "InvalidNetworkConf", "there is slot 1 only");
    }

    private JsonObject CustomerInformation(JsonObject call)
    {
        int requestId = call.Whole("requestId");
        if (call.MaybeFlag("report") != true)
            return Words.Status("Accepted");
        After(() => TellAsked("NotifyCustomerInformation", new JsonObject
        {
            ["requestId"] = requestId,
            ["seqNo"] = 0,
            ["tbc"] = false,
            ["generatedAt"] = Words.Time(Now),
            ["data"] = "",
        }));
        return Words.Status("Accepted");
    }
}
