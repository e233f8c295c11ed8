using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// The samples of a station whose TransactionEvents carry none although they were asked for, or are due: they are asked for as
/// MeterValues, every 10 s while energy flows (quirk Q95).
/// </summary>
internal sealed partial class Ocpp2Session
{
    private static readonly TimeSpan s_samplePause = TimeSpan.FromSeconds(10);

    private readonly HashSet<int> _sampled = [];
    private volatile bool _eventsWithoutSamples;

    private void NoteSamples(TransactionProgress progress, TransactionEvent told)
    {
        if (told.MeterValue is { Length: > 0 })
        {
            _eventsWithoutSamples = false;
            return;
        }
        bool meant = told is { EventType: "Updated", TriggerReason: "Trigger" or "MeterValuePeriodic" or "MeterValueClock", Offline: not true };
        if (!meant || _eventsWithoutSamples || !Charges(progress.EvseId))
            return;
        _eventsWithoutSamples = true;
        _ = TriggerAsync(TriggerKind.Meter, progress.EvseId, CancellationToken.None);
    }

    /// <summary>One round after the other, until the session pauses or ends, its events tell samples, or the station does not obey.</summary>
    private void KeepSampling(int evseId)
    {
        lock (_sampled)
        {
            if (!Charges(evseId) || !_sampled.Add(evseId))
                return;
        }
        _ = SampleAsync(evseId);
    }

    private async Task SampleAsync(int evseId)
    {
        bool obeyed = true;
        while (obeyed)
        {
            await Task.Delay(s_samplePause, Time);
            obeyed = _eventsWithoutSamples && Charges(evseId) && (await TriggerAsync("MeterValues", evseId, CancellationToken.None)).Accepted;
        }
        lock (_sampled)
            _sampled.Remove(evseId);
    }

    private bool Charges(int evseId) => ChargePoint.FindCharger(evseId)?.State is { Transaction: not null, Reported: ConnectorStatus.Charging };
}
