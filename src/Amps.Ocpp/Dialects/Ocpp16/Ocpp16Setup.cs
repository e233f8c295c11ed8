using System.Globalization;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>
/// The few configuration keys that this service needs: a short named list is read (quirk Q34), and only what differs is
/// changed; a refusal is fine (charger behaviour, section 6).
/// </summary>
internal sealed class Ocpp16Setup
{
    private const string UnitsKey = "ChargingScheduleAllowedChargingRateUnit";
    private const string StackKey = "ChargeProfileMaxStackLevel";
    private const string SwitchKey = "ConnectorSwitch3to1PhaseSupported";
    private const string ConnectorsKey = "NumberOfConnectors";

    private static readonly SamplingKeys s_sampling = new("MeterValueSampleInterval", "MeterValuesSampledData", "WebSocketPingInterval");

    private static readonly string[] s_keys = [UnitsKey, StackKey, ConnectorsKey, SwitchKey, s_sampling.Interval, s_sampling.Measurands, s_sampling.Ping];

    private readonly ChargePoint _chargePoint;
    private readonly Ocpp16Session _session;
    private readonly SamplingSetup _sampling;

    public Ocpp16Setup(ChargePoint chargePoint, Ocpp16Session session)
    {
        _chargePoint = chargePoint;
        _session = session;
        _sampling = new SamplingSetup(chargePoint, s_sampling, ChangeAsync);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        CallOutcome outcome = await _session.SendAsync("GetConfiguration", Ocpp16Messages.GetConfiguration(s_keys), cancellationToken);
        // Many are busy when they have just come back: what depends on this holds for the whole link.
        if (outcome.Kind == CallOutcomeKind.TimedOut)
            outcome = await _session.SendAsync("GetConfiguration", Ocpp16Messages.GetConfiguration(s_keys), cancellationToken);
        if (!outcome.IsResult)
            return;
        var known = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        foreach (ConfigurationKey key in Ocpp16Messages.ReadConfiguration(outcome.Payload.Span))
            known[key.Key] = Setting.Of(key.Value, key.ReadOnly);
        Learn(known);
        if (Number(known, ConnectorsKey) is { } count)
            await _chargePoint.EnsureConnectorsAsync(count);
        await _sampling.RunAsync(known, cancellationToken);
    }

    public Task SampleFasterAsync(CancellationToken cancellationToken) => _sampling.SampleFasterAsync(cancellationToken);

    private void Learn(Dictionary<string, Setting> known)
    {
        string? units = known.GetValueOrDefault(UnitsKey)?.Value;
        // Only watts: not a word of current or ampere in it (quirks Q35, Q68).
        string? unit = units is null ? null
            : units.Contains("Current", StringComparison.OrdinalIgnoreCase) || units.Split(',').Any(u => u.Trim().Equals("A", StringComparison.OrdinalIgnoreCase)) ? "A"
            : units.Contains("Power", StringComparison.OrdinalIgnoreCase) || units.Contains('W', StringComparison.OrdinalIgnoreCase) ? "W" : null;
        int? stack = Number(known, StackKey) is { } level and >= 0 ? level : null;
        int? connectors = Number(known, ConnectorsKey) is { } count and > 0 ? count : null;
        _chargePoint.Learn(learned => learned with
        {
            RateUnit = learned.RateUnit ?? unit,
            MaxStackLevel = stack ?? learned.MaxStackLevel,
            ConnectorCount = connectors ?? learned.ConnectorCount,
            SwitchesPhases = learned.SwitchesPhases ?? (bool.TryParse(known.GetValueOrDefault(SwitchKey)?.Value, out bool switches) ? switches : null),
        });
    }

    private Task<CallAnswerSummary> ChangeAsync(string key, string value, CancellationToken cancellationToken) =>
        _session.AskAsync("ChangeConfiguration", Ocpp16Messages.ChangeConfiguration(key, value), cancellationToken);

    private static int? Number(Dictionary<string, Setting> known, string key) =>
        int.TryParse(known.GetValueOrDefault(key)?.Value, CultureInfo.InvariantCulture, out int number) ? number : null;
}
