using System.Globalization;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// The caps of all connectors together as a limit of the charge point as a whole, only where the operator wants it (charger behaviour,
/// section 5, point 1): it wears the flash and is often refused. The caps of the connectors hold without it.
/// </summary>
internal sealed class StationCap(ChargePoint chargePoint)
{
    private int _rounds;
    private IChargePointSession? _checkedOn;
    private IChargePointSession? _refusedOn;
    private volatile string? _refused;
    private long _writtenAt;
    private bool _everWritten;

    /// <summary>The limit that the charge point accepted, kW; null = none.</summary>
    public double? AppliedKw => chargePoint.Learned.StationLimitKw;

    /// <summary>Why the limit is not in force on this link; null = it is, or none is wanted.</summary>
    public string? Refused => ReferenceEquals(_refusedOn, chargePoint.Session) ? _refused : null;

    private ChargersOptions Options => chargePoint.Services.Options;

    private TimeProvider Time => chargePoint.Services.Time;

    /// <summary>The charge point may have lost it: look before trusting.</summary>
    public void Distrust() => _checkedOn = null;

    /// <summary>Starts a round unless one runs; then that one makes another.</summary>
    public void Ensure()
    {
        if (chargePoint.IsPrepared && (Wanted() ?? AppliedKw) is not null && Interlocked.Increment(ref _rounds) == 1)
            _ = RunAsync();
    }

    /// <summary>The sum of the caps, kW; null unless it is wanted and every connector has one.</summary>
    private double? Wanted()
    {
        if (chargePoint.Record is not { Devices.IsEmpty: false } record || !(record.Configuration.StationMaxProfile ?? Options.UseStationMaxProfile))
            return null;
        double sum = 0;
        foreach (DeviceRecord device in record.Devices)
        {
            if (device.MaxChargeRate is not { } cap)
                return null;
            sum += cap.Kilowatts;
        }
        return Math.Round(sum, 6);
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                int seen = Volatile.Read(ref _rounds);
                if (chargePoint is { IsPrepared: true, Session: { } session })
                    await RoundAsync(session);
                if (Interlocked.CompareExchange(ref _rounds, 0, seen) == seen)
                    return;
            }
        }
        catch (Exception e)
        {
            Interlocked.Exchange(ref _rounds, 0);
            chargePoint.OnStationCapFailed(e);
        }
    }

    private async Task RoundAsync(IChargePointSession session)
    {
        if (ReferenceEquals(_refusedOn, session) || await IsInForceAsync(session))
            return;
        if (_everWritten && Options.LimitWriteInterval - Time.GetElapsedTime(_writtenAt) is var pause && pause > TimeSpan.Zero)
            await Task.Delay(pause, Time).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        // The newest counts.
        double? wanted = Wanted();
        if (wanted == AppliedKw && ReferenceEquals(_checkedOn, session))
            return;
        CallAnswerSummary answer = wanted is { } kilowatts
            ? await session.SetStationLimitAsync(Limit(kilowatts), CancellationToken.None)
            : await session.ClearStationLimitAsync(CancellationToken.None);
        if (answer is { Sent: true, Status: CallStatus.Accepted or CallStatus.TimedOut or CallStatus.LinkLost })
            (_writtenAt, _everWritten) = (Time.GetTimestamp(), true);
        if (answer.Accepted)
        {
            _checkedOn = session;
            chargePoint.Learn(learned => learned with { StationLimitKw = wanted });
        }
        else if (answer.Status is not (CallStatus.LinkLost or CallStatus.Busy))
        {
            // Often refused; not worth a second try on this link.
            _refused = string.Create(CultureInfo.InvariantCulture, $"the charge point answered {answer.Status} to {(wanted is null ? "the end of its limit" : $"a limit of {wanted:0.###} kW")} for all its connectors");
            _refusedOn = session;
            chargePoint.OnStationCapRefused(_refused);
        }
    }

    private async Task<bool> IsInForceAsync(IChargePointSession session)
    {
        if (Wanted() is not { } wanted)
            return AppliedKw is null;
        if (AppliedKw != wanted)
            return false;
        if (ReferenceEquals(_checkedOn, session))
            return true;
        bool inWatts = chargePoint.Learned.RateUnit == "W";
        // Where nothing is shown, what was accepted is trusted: profiles outlive reboots.
        bool higher = await session.ReadLimitAsync(0, inWatts, CancellationToken.None) is { } reading && CapProof.Excess(reading, Limit(wanted), inWatts) > 0;
        if (!higher)
            _checkedOn = session;
        return !higher;
    }

    private LimitRequest Limit(double kilowatts)
    {
        ChargerRating rating = chargePoint.Chargers.FirstOrDefault()?.State.Rating ?? new ChargerRating(null, null);
        return new LimitRequest(0, kilowatts, null, rating.Phases, rating.NominalVoltage, null);
    }
}
