namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// The least that is a valid answer to what this service makes no use of (quirk Q32): every message that a station may send is
/// answered, and what would have to be done for a yes is answered with a no.
/// </summary>
internal static class MinimalAnswers
{
    /// <summary>Null = an empty object.</summary>
    public static byte[]? To(string action, ReadOnlySpan<byte> payload, Ocpp2Release release, DateTimeOffset now) => action switch
    {
        "DataTransfer" => StatusAnswer.Write("UnknownVendorId"),
        "SignCertificate" or "PullDynamicScheduleUpdate" => StatusAnswer.Write("Rejected"),
        "NotifyEVChargingNeeds" => StatusAnswer.Write(release.NoScheduleStatus),
        "NotifyEVChargingSchedule" or "OpenPeriodicEventStream" => StatusAnswer.Write("Accepted"),
        "GetCertificateStatus" => StatusAnswer.Write("Failed"),
        "Get15118EVCertificate" => Ocpp2Json.Write(new CertificateAnswer("Failed", ""), Ocpp2Json.Default.CertificateAnswer),
        "GetCertificateChainStatus" => ChainStatus(Ocpp2Json.Read(payload, Ocpp2Json.Default.ChainStatusRequest), now),
        "VatNumberValidation" => Ocpp2Json.Write(
            Ocpp2Json.Read(payload, Ocpp2Json.Default.VatNumber) with { Status = "Rejected" }, Ocpp2Json.Default.VatNumber),
        _ => null,
    };

    private static byte[] ChainStatus(ChainStatusRequest request, DateTimeOffset now) => Ocpp2Json.Write(
        new CertificateStatuses(
        [
            .. request.CertificateStatusRequests.Select(asked =>
                new CertificateStatusEntry(asked.CertificateHashData, asked.Source, "Failed", ChargerTime.Write(now))),
        ]),
        Ocpp2Json.Default.CertificateStatuses);
}
