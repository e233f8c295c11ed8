using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>A noteworthy happening of a charger, for the events topic (charger behaviour, section 7).</summary>
/// <param name="Kind"><c>boot</c>, <c>transactionStarted</c>, <c>transactionEnded</c>, <c>fault</c>, <c>capApplied</c>, <c>capRefused</c>, <c>capDrifted</c>, <c>stopQuarantined</c>, <c>hardwareChanged</c>.</param>
public sealed record ChargerNotice(DeviceId DeviceId, string Kind, DateTimeOffset At, string? Detail = null);

/// <summary>Who wants to know what changed. Called by the mailbox's loop: must return at once and never throw.</summary>
public interface IChargerObserver
{
    /// <summary>The charger has a new state; <paramref name="meterOnly"/> when only measurements changed.</summary>
    void OnStateChanged(Charger charger, bool meterOnly);

    /// <summary>The charger's link came or went.</summary>
    void OnLinkChanged(Charger charger);

    void OnNotice(ChargerNotice notice);

    /// <summary>A device was taken out of the registry.</summary>
    void OnDeviceRemoved(DeviceId device);
}
