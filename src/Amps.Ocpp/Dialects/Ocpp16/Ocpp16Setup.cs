using System.Globalization;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>
/// The few configuration keys that this service needs: a short named list is read (quirk Q34), and only what differs is
/// changed; a refusal is fine (charger behaviour, section 6).
/// </summary>
internal sealed class Ocpp16Setup(ChargePoint chargePoint, Ocpp16Session session)
{
    private const string IntervalKey = "MeterValueSampleInterval";
    private const string MeasurandsKey = "MeterValuesSampledData";
    private const string PingKey = "WebSocketPingInterval";
    private const string UnitsKey = "ChargingScheduleAllowedChargingRateUnit";
    private const string StackKey = "ChargeProfileMaxStackLevel";
    private const string SwitchKey = "ConnectorSwitch3to1PhaseSupported";
    private const string ConnectorsKey = "NumberOfConnectors";
    private const string SlowInterval = "60";
    private const string FastInterval = "10";
    private const int FastSeconds = 10;
    private const string PingInterval = "30";

    private static readonly string[] s_keys = [UnitsKey, StackKey, ConnectorsKey, SwitchKey, IntervalKey, MeasurandsKey, PingKey];

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

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        CallOutcome outcome = await session.SendAsync("GetConfiguration", Ocpp16Messages.GetConfiguration(s_keys), cancellationToken);
        if (!outcome.IsResult)
            return;
        var known = new Dictionary<string, ConfigurationKey>(StringComparer.OrdinalIgnoreCase);
        foreach (ConfigurationKey key in Ocpp16Messages.ReadConfiguration(outcome.Payload.Span))
            known[key.Key] = key;
        Learn(known);
        if (Value(known, ConnectorsKey) is { } connectors && int.TryParse(connectors, CultureInfo.InvariantCulture, out int count))
            await chargePoint.EnsureConnectorsAsync(count);
        await SetMeasurandsAsync(known, cancellationToken);
        await SetIntervalAsync(known, cancellationToken);
        if (known.TryGetValue(PingKey, out ConfigurationKey? ping) && !ping.ReadOnly && Value(known, PingKey) != PingInterval)
            await ChangeAsync(PingKey, PingInterval, cancellationToken);
    }

    /// <summary>While energy flows a sample each 10 s, where the charge point allows it.</summary>
    public async Task SampleFasterAsync(CancellationToken cancellationToken)
    {
        int shortest = chargePoint.Learned.SampleIntervalSeconds ?? FastSeconds;
        string wanted = shortest.ToString(CultureInfo.InvariantCulture);
        if (_intervalFixed || _interval is null || _interval == wanted || _interval == FastInterval)
            return;
        CallAnswerSummary answer = await ChangeAsync(IntervalKey, wanted, cancellationToken);
        if (answer.Accepted)
            _interval = wanted;
        else
            _intervalFixed = true;
        if (answer.Status == CallStatus.Rejected && int.TryParse(_interval, CultureInfo.InvariantCulture, out int taken) && taken > shortest)
            chargePoint.Learn(learned => learned with { SampleIntervalSeconds = taken });
    }

    private void Learn(Dictionary<string, ConfigurationKey> known)
    {
        string? units = Value(known, UnitsKey);
        // Only watts: not a word of current or ampere in it (quirks Q35, Q68).
        string? unit = units is null ? null
            : units.Contains("Current", StringComparison.OrdinalIgnoreCase) || units.Split(',').Any(u => u.Trim().Equals("A", StringComparison.OrdinalIgnoreCase)) ? "A"
            : units.Contains("Power", StringComparison.OrdinalIgnoreCase) || units.Contains('W', StringComparison.OrdinalIgnoreCase) ? "W" : null;
        int? stack = int.TryParse(Value(known, StackKey), CultureInfo.InvariantCulture, out int level) && level >= 0 ? level : null;
        int? connectors = int.TryParse(Value(known, ConnectorsKey), CultureInfo.InvariantCulture, out int count) && count > 0 ? count : null;
        chargePoint.Learn(learned => learned with
        {
            RateUnit = learned.RateUnit ?? unit,
            MaxStackLevel = stack ?? learned.MaxStackLevel,
            ConnectorCount = connectors ?? learned.ConnectorCount,
            SwitchesPhases = learned.SwitchesPhases ?? (bool.TryParse(Value(known, SwitchKey), out bool switches) ? switches : null),
        });
    }

    private async Task SetMeasurandsAsync(Dictionary<string, ConfigurationKey> known, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(MeasurandsKey, out ConfigurationKey? key) || key.ReadOnly)
            return;
        HashSet<string> present = [.. (Value(known, MeasurandsKey) ?? "").Split(',').Select(measurand => measurand.Trim())];
        string? accepted = chargePoint.Learned.SampledMeasurands;
        if (accepted is not null && present.SetEquals(accepted.Split(',')))
            return;
        foreach (string list in s_measurands)
        {
            if (present.IsSupersetOf(list.Split(',')))
                return;
            CallAnswerSummary answer = await ChangeAsync(MeasurandsKey, list, cancellationToken);
            if (answer.Accepted)
            {
                chargePoint.Learn(learned => learned with { SampledMeasurands = list });
                return;
            }
            if (answer.Status != CallStatus.Rejected)
                return;
        }
    }

    private async Task SetIntervalAsync(Dictionary<string, ConfigurationKey> known, CancellationToken cancellationToken)
    {
        if (!known.TryGetValue(IntervalKey, out ConfigurationKey? key))
            return;
        _interval = Value(known, IntervalKey);
        _intervalFixed = key.ReadOnly;
        if (_intervalFixed || _interval is SlowInterval or FastInterval)
            return;
        if ((await ChangeAsync(IntervalKey, SlowInterval, cancellationToken)).Accepted)
            _interval = SlowInterval;
        if (chargePoint.Chargers.Any(charger => charger.State.Transaction is not null))
            await SampleFasterAsync(cancellationToken);
    }

    private Task<CallAnswerSummary> ChangeAsync(string key, string value, CancellationToken cancellationToken) =>
        session.AskAsync("ChangeConfiguration", Ocpp16Messages.ChangeConfiguration(key, value), cancellationToken);

    /// <summary>A value without the blanks and quotes that some put around it (quirk Q33).</summary>
    private static string? Value(Dictionary<string, ConfigurationKey> known, string key) =>
        known.TryGetValue(key, out ConfigurationKey? found) ? found.Value?.Trim().Trim('"', '\'').Trim() : null;
}
