using System.Globalization;
using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>A setting as a charge point tells it, without the blanks and quotes that some put around it (quirk Q33).</summary>
internal sealed record Setting(string? Value, bool ReadOnly)
{
    public static Setting Of(string? value, bool readOnly = false) => new(value?.Trim().Trim('"', '\'').Trim(), readOnly);
}

/// <summary>The settings of sampling as a version names them.</summary>
internal sealed record SamplingKeys(string Interval, string Measurands, string Ping);

/// <summary>
/// Asks for the samples that this service lives on: only what differs is changed, and a refusal is fine (charger behaviour,
/// section 6; quirks Q34, Q92).
/// </summary>
internal sealed class SamplingSetup(ChargePoint chargePoint, SamplingKeys keys, Func<string, string, CancellationToken, Task<CallAnswerSummary>> change)
{
    private const string SlowInterval = "60";
    private const string FastInterval = "10";
    private const int FastSeconds = 10;
    private const string PingInterval = "30";

    /// <summary>From the most wanted list to the least.</summary>
    private static readonly string[] s_measurands =
    [
        "Power.Active.Import,Current.Import,Voltage,Current.Offered,Energy.Active.Import.Register,SoC",
        "Power.Active.Import,Current.Import,Voltage,Current.Offered,Energy.Active.Import.Register",
        "Power.Active.Import,Current.Import,Voltage,Energy.Active.Import.Register",
        "Power.Active.Import,Current.Import,Energy.Active.Import.Register",
        "Power.Active.Import,Energy.Active.Import.Register",
        "Current.Import,Energy.Active.Import.Register",
    ];

    private bool _intervalFixed;
    private string? _interval;

    public async Task RunAsync(IReadOnlyDictionary<string, Setting> known, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(keys.Measurands, out Setting? measurands) && !measurands.ReadOnly)
            await SetMeasurandsAsync(measurands, cancellationToken);
        if (known.TryGetValue(keys.Interval, out Setting? interval))
            await SetIntervalAsync(interval, cancellationToken);
        if (known.TryGetValue(keys.Ping, out Setting? ping) && !ping.ReadOnly && ping.Value != PingInterval)
            await change(keys.Ping, PingInterval, cancellationToken);
    }

    /// <summary>While energy flows a sample each 10 s, where the charge point allows it.</summary>
    public async Task SampleFasterAsync(CancellationToken cancellationToken)
    {
        int shortest = chargePoint.Learned.SampleIntervalSeconds ?? FastSeconds;
        string wanted = shortest.ToString(CultureInfo.InvariantCulture);
        if (_intervalFixed || _interval is null || _interval == wanted || _interval == FastInterval)
            return;
        CallAnswerSummary answer = await change(keys.Interval, wanted, cancellationToken);
        if (answer.Accepted)
            _interval = wanted;
        else if (answer.Status is CallStatus.Rejected or CallStatus.NotSupported)
            _intervalFixed = true;
        if (answer.Status == CallStatus.Rejected && int.TryParse(_interval, CultureInfo.InvariantCulture, out int taken) && taken > shortest)
            chargePoint.Learn(learned => learned with { SampleIntervalSeconds = taken });
    }

    private async Task SetMeasurandsAsync(Setting measurands, CancellationToken cancellationToken)
    {
        HashSet<string> present = [.. (measurands.Value ?? "").Split(',').Select(measurand => measurand.Trim())];
        string? accepted = chargePoint.Learned.SampledMeasurands;
        if (accepted is not null && present.SetEquals(accepted.Split(',')))
            return;
        foreach (string list in s_measurands)
        {
            if (present.IsSupersetOf(list.Split(',')))
                return;
            CallAnswerSummary answer = await change(keys.Measurands, list, cancellationToken);
            if (answer.Accepted)
            {
                chargePoint.Learn(learned => learned with { SampledMeasurands = list });
                return;
            }
            if (answer.Status != CallStatus.Rejected)
                return;
        }
    }

    private async Task SetIntervalAsync(Setting interval, CancellationToken cancellationToken)
    {
        _interval = interval.Value;
        _intervalFixed = interval.ReadOnly;
        if (_intervalFixed)
            return;
        if (_interval is not (SlowInterval or FastInterval) && (await change(keys.Interval, SlowInterval, cancellationToken)).Accepted)
            _interval = SlowInterval;
        // One that began before this was known could not be sampled faster.
        if (chargePoint.Chargers.Any(charger => charger.State.Transaction is not null))
            await SampleFasterAsync(cancellationToken);
    }
}
