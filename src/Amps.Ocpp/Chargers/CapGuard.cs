using System.Globalization;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Holds what is measured against the limit that was accepted (charger behaviour, section 5, point 5): a charger seen above it for
/// 30 s gets it again, and longer pauses follow while that does not help. Called by the mailbox's loop; without a timer unless a
/// charger is above its limit.
/// </summary>
internal sealed class CapGuard(Charger charger)
{
    /// <summary>What meters and vehicles are allowed.</summary>
    private const double Tolerance = 1.05;

    /// <summary>Below this nothing flows, kW.</summary>
    private const double FlowThresholdKw = 0.1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private TimeSpan _patience = Patience;
    private long? _aboveSince;
    private bool _repeated;
    private volatile bool _within;
    private volatile string? _drift;

    /// <summary>What is measured above the limit, in words for the operator; null = nothing.</summary>
    public string? Drift => _drift;

    /// <summary>The newest sample that tells anything, since the last write, is within the limit.</summary>
    public bool IsWithin => _within;

    private TimeProvider Time => charger.ChargePoint.Services.Time;

    /// <summary>A limit was accepted: the vehicle has its time to follow.</summary>
    public void OnWritten()
    {
        lock (_gate)
        {
            _aboveSince = null;
            _within = false;
        }
    }

    /// <summary>The transaction is over: nothing flows any more.</summary>
    public void OnTransactionClosed()
    {
        lock (_gate)
            Forget();
    }

    public void OnMeter(MeterSample sample)
    {
        if (charger.Cap.Wanted is not { } limit || charger.State is not { } state || (!state.Held && state.AppliedCapKw != limit))
            return;
        switch (IsAbove(sample, limit, charger.State.Rating))
        {
            case false:
                lock (_gate)
                    Forget();
                _within = true;
                charger.Cap.Proof.By ??= "MeterValues";
                break;
            case true:
                OnAbove(sample, limit);
                break;
        }
    }

    /// <summary>Null = the sample says nothing.</summary>
    private static bool? IsAbove(MeterSample sample, double limit, ChargerRating rating) => sample switch
    {
        { PowerKw: { } power } => power > Math.Max(limit * Tolerance, FlowThresholdKw),
        { OfferedPowerKw: { } offered } => offered > limit * Tolerance,
        // Offered on one phase it may be three times as much and still within.
        { OfferedCurrentA: { } offered } when rating.Phases is { } phases => offered * phases * rating.NominalVoltage / 1000 > limit * Tolerance,
        _ => null,
    };

    private void OnAbove(MeterSample sample, double limit)
    {
        bool repeated;
        lock (_gate)
        {
            _within = false;
            if (_aboveSince is not { } since)
            {
                _aboveSince = Time.GetTimestamp();
                _ = LookAgainAsync(_patience);
                return;
            }
            if (Time.GetElapsedTime(since) < _patience)
                return;
            repeated = _repeated;
            _repeated = true;
            _aboveSince = null;
            _patience = repeated && _patience * 2 < LongestPatience ? _patience * 2 : repeated ? LongestPatience : _patience;
        }
        _drift = string.Create(CultureInfo.InvariantCulture, $"{sample.PowerKw ?? sample.OfferedPowerKw:0.###} kW measured, {limit:0.###} kW allowed");
        charger.ChargePoint.OnCapDrifted(charger, _drift);
        // A second time: the form in which it was accepted has no effect (quirk Q62).
        if (charger.Cap.IsOnOnePhase)
            charger.ChargePoint.Learn(static learned => learned with { SwitchesPhases = false });
        charger.Cap.Ensure(CapReason.Drift | CapReason.Transaction | (repeated ? CapReason.Ignored : CapReason.None));
    }

    /// <summary>The next sample may be far away: one is asked for when the time is over.</summary>
    private async Task LookAgainAsync(TimeSpan after)
    {
        await Task.Delay(after, Time);
        if (_aboveSince is not null)
            charger.ChargePoint.AskForMeter(charger);
    }

    private void Forget()
    {
        _aboveSince = null;
        _patience = Patience;
        _repeated = false;
        _drift = null;
    }
}
