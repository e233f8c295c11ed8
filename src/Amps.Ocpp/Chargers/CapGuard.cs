using System.Globalization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Holds what is measured against the limit that was accepted (charger behaviour, section 5, point 5): a charger seen above it for
/// 30 s gets it again, and longer pauses follow while that does not help. Without a timer unless a charger is above its limit.
/// </summary>
internal sealed class CapGuard(Charger charger)
{
    /// <summary>What meters and vehicles are allowed.</summary>
    private const double Tolerance = 1.05;

    /// <summary>Below this nothing flows, kW.</summary>
    private const double FlowThresholdKw = 0.1;

    private static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private TimeSpan? _patience;
    private long? _aboveSince;
    private int _repeats;
    private bool _looking;
    private bool _meanBegins;
    private volatile bool _within;
    private volatile string? _drift;

    /// <summary>What is measured above the limit, in words for the operator; null = nothing.</summary>
    public string? Drift => _drift;

    /// <summary>Energy flows, and the newest sample since the last write is within the limit.</summary>
    public bool IsWithin => _within;

    private TimeProvider Time => charger.ChargePoint.Services.Time;

    private TimeSpan Patience => _patience ?? charger.ChargePoint.Services.Options.DriftPatience;

    /// <summary>A limit was accepted: the vehicle has its time to follow.</summary>
    public void OnWritten()
    {
        lock (_gate)
        {
            _aboveSince = null;
            _within = false;
            _meanBegins = true;
        }
    }

    /// <summary>The transaction is over: nothing flows any more.</summary>
    public void OnTransactionClosed()
    {
        lock (_gate)
            Forget();
        _within = false;
    }

    public void OnMeter(MeterSample sample)
    {
        // A newer cap that is not accepted yet is not the charger's fault.
        if (charger.Cap.Wanted is not { } limit || (!charger.State.Held && charger.State.AppliedCapKw != limit))
            return;
        if (sample.PowerSource == PowerSource.EnergyDelta && _meanBegins)
        {
            // The mean over a time that began before the write.
            _meanBegins = false;
            return;
        }
        switch (IsAbove(sample, limit))
        {
            case false:
                lock (_gate)
                    Forget();
                _within = limit <= 0 || sample.PowerKw is null or > FlowThresholdKw;
                if (_within)
                    charger.Cap.Proof.OnSeen(sample.PowerKw is null ? "offered" : "measured");
                break;
            case true:
                OnAbove(sample, limit);
                break;
        }
    }

    /// <summary>Null = the sample says nothing.</summary>
    private bool? IsAbove(MeterSample sample, double limit)
    {
        ChargerRating rating = charger.State.Rating;
        return sample switch
        {
            { PowerKw: { } power } => power > Math.Max(limit * Tolerance, FlowThresholdKw),
            { OfferedPowerKw: { } offered } => offered > limit * Tolerance,
            // Offered on one phase it may be three times as much and still within.
            { OfferedCurrentA: { } offered } when rating.Phases is { } phases => offered * phases * rating.NominalVoltage / 1000 > limit * Tolerance,
            _ => null,
        };
    }

    private void OnAbove(MeterSample sample, double limit)
    {
        bool again;
        lock (_gate)
        {
            _within = false;
            if (_aboveSince is not { } since)
            {
                _aboveSince = Time.GetTimestamp();
                if (!_looking)
                    _ = LookAgainAsync(Patience);
                return;
            }
            if (Time.GetElapsedTime(since) < Patience)
                return;
            again = _repeats++ > 0;
            _aboveSince = null;
            if (again)
                _patience = Patience * 2 < LongestPatience ? Patience * 2 : LongestPatience;
        }
        string seen = (sample.PowerKw ?? sample.OfferedPowerKw) is { } kw
            ? string.Create(CultureInfo.InvariantCulture, $"{kw:0.###} kW")
            : string.Create(CultureInfo.InvariantCulture, $"{sample.OfferedCurrentA:0.#} A");
        _drift = string.Create(CultureInfo.InvariantCulture, $"{seen} seen where {limit:0.###} kW were accepted");
        charger.ChargePoint.OnCapDrifted(charger, _drift);
        charger.Cap.OnDrift(again);
    }

    /// <summary>The next sample may be far away: one is asked for when the time is over.</summary>
    private async Task LookAgainAsync(TimeSpan after)
    {
        _looking = true;
        await Task.Delay(after, Time);
        _looking = false;
        if (_aboveSince is not null)
            charger.ChargePoint.AskForMeter(charger);
    }

    private void Forget()
    {
        _aboveSince = null;
        _patience = null;
        _repeats = 0;
        _drift = null;
    }
}
