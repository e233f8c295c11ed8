using System.Globalization;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// The few variables that this service needs, read in messages as large as the station takes and changed only where they differ
/// (charger behaviour, section 6).
/// </summary>
internal sealed class Ocpp2Setup
{
    private const string DeviceData = "DeviceDataCtrlr";
    private const string SmartCharging = "SmartChargingCtrlr";
    private const string Sampling = "SampledDataCtrlr";
    private const string Communication = "OCPPCommCtrlr";
    private const string Transactions = "TxCtrlr";
    private const int UsualItems = 8;
    private const int MaxEvses = 64;

    private static readonly SamplingKeys s_sampling = new($"{Sampling}.TxUpdatedInterval", $"{Sampling}.TxUpdatedMeasurands", $"{Communication}.WebSocketPingInterval");

    private static readonly GetVariableData[] s_variables =
    [
        Ask(SmartCharging, "RateUnit"),
        Ask(SmartCharging, "ProfileStackLevel"),
        Ask(SmartCharging, "Phases3to1"),
        Ask(Sampling, "TxUpdatedInterval"),
        Ask(Sampling, "TxUpdatedMeasurands"),
        Ask(Communication, "WebSocketPingInterval"),
        Ask(Transactions, "TxStartPoint"),
        Ask(Transactions, "TxStopPoint"),
    ];

    private readonly ChargePoint _chargePoint;
    private readonly IOcppCalls _calls;
    private readonly SamplingSetup _sampling;
    private CancellationToken _life;
    private volatile bool _samplingTold;

    public Ocpp2Setup(ChargePoint chargePoint, IOcppCalls calls)
    {
        _chargePoint = chargePoint;
        _calls = calls;
        _sampling = new SamplingSetup(chargePoint, s_sampling, ChangeAsync);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _life = cancellationToken;
        int items = await ReadItemsPerMessageAsync(cancellationToken);
        Dictionary<string, Setting> known = await ReadAsync(s_variables, items, cancellationToken);
        Learn(known);
        _samplingTold = known.ContainsKey(s_sampling.Measurands);
        await ReadEvsesAsync(items, cancellationToken);
        await _sampling.RunAsync(known, cancellationToken);
    }

    public Task SampleFasterAsync(CancellationToken cancellationToken) => _sampling.SampleFasterAsync(cancellationToken);

    /// <summary>A report named this EVSE.</summary>
    public void NoteEvses(int highest)
    {
        if (highest is < 1 or > MaxEvses || _chargePoint.Learned.ConnectorCount >= highest)
            return;
        _chargePoint.Learn(learned => learned with { ConnectorCount = Math.Max(learned.ConnectorCount ?? 0, highest) });
        _ = _chargePoint.EnsureConnectorsAsync(highest);
    }

    /// <summary>How many variables one GetVariables may ask for.</summary>
    private async Task<int> ReadItemsPerMessageAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Setting> limits = await ReadAsync(
            [new GetVariableData(new Component(DeviceData), new Variable("ItemsPerMessage", "GetVariables"))], 1, cancellationToken);
        return Number(limits, $"{DeviceData}.ItemsPerMessage") is { } items and > 0 ? items : UsualItems;
    }

    /// <summary>Rating and phases of each EVSE, and whether there are more of them than is known.</summary>
    private async Task ReadEvsesAsync(int items, CancellationToken cancellationToken)
    {
        int count = Math.Max(_chargePoint.Learned.ConnectorCount ?? 0, _chargePoint.Chargers.Count());
        double? power = null;
        int? phases = null;
        for (int evse = 1; evse <= Math.Min(count + 1, MaxEvses); evse++)
        {
            Component component = new("EVSE", Evse: new Evse(evse, null));
            Dictionary<string, Setting> known = await ReadAsync(
                [
                    new GetVariableData(component, new Variable("AvailabilityState")),
                    new GetVariableData(component, new Variable("Power"), "MaxSet"),
                    new GetVariableData(component, new Variable("SupplyPhases")),
                ],
                items,
                cancellationToken);
            if (known.Count == 0)
                break;
            count = Math.Max(count, evse);
            power ??= Number(known, "EVSE.Power") is { } watts and > 0 ? watts / 1000.0 : null;
            phases ??= Number(known, "EVSE.SupplyPhases") is { } told and (1 or 3) ? told : null;
            NoteEvses(evse);
        }
        if (power is not null || phases is not null)
            _chargePoint.Learn(learned => learned with { RatedPowerKw = learned.RatedPowerKw ?? power, Phases = learned.Phases ?? phases });
        if (count > 0)
            await _chargePoint.EnsureConnectorsAsync(count);
    }

    /// <summary>What a report tells and no answer told: taken where nothing else is known.</summary>
    /// <param name="told">By component and variable, those of the station alone.</param>
    public void Advise(Dictionary<string, Setting> told)
    {
        LearnedBehaviour advice = BehaviourOf(told);
        _chargePoint.Learn(learned => learned.Over(advice));
        if (!_samplingTold && told.ContainsKey(s_sampling.Measurands))
        {
            _samplingTold = true;
            _ = _sampling.RunAsync(told, _life);
        }
    }

    private void Learn(Dictionary<string, Setting> known)
    {
        LearnedBehaviour told = BehaviourOf(known);
        // What may be set at the station is as it says now; in which unit limits are accepted was tried.
        _chargePoint.Learn(learned => learned.Over(told) with
        {
            MaxStackLevel = told.MaxStackLevel ?? learned.MaxStackLevel,
            TransactionStarts = told.TransactionStarts ?? learned.TransactionStarts,
            TransactionEnds = told.TransactionEnds ?? learned.TransactionEnds,
        });
    }

    private static LearnedBehaviour BehaviourOf(Dictionary<string, Setting> known)
    {
        string? units = known.GetValueOrDefault($"{SmartCharging}.RateUnit")?.Value;
        return new LearnedBehaviour
        {
            // Amperes unless it takes watts alone.
            RateUnit = units is null ? null : units.Contains('A', StringComparison.Ordinal) ? "A" : units.Contains('W', StringComparison.Ordinal) ? "W" : null,
            MaxStackLevel = Number(known, $"{SmartCharging}.ProfileStackLevel") is { } level and >= 0 ? level : null,
            SwitchesPhases = Flag(known, $"{SmartCharging}.Phases3to1") ?? Flag(known, $"{SmartCharging}.ACPhaseSwitchingSupported"),
            TransactionStarts = TransactionPoints.StartOf(known.GetValueOrDefault($"{Transactions}.TxStartPoint")?.Value),
            TransactionEnds = TransactionPoints.EndOf(known.GetValueOrDefault($"{Transactions}.TxStopPoint")?.Value),
        };
    }

    /// <summary>The values that the station told, by component and variable; a message it refuses is tried in halves.</summary>
    private async Task<Dictionary<string, Setting>> ReadAsync(IReadOnlyList<GetVariableData> variables, int items, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        var waiting = new Queue<GetVariableData[]>(variables.Chunk(items));
        while (waiting.TryDequeue(out GetVariableData[]? part))
        {
            CallOutcome outcome = await _calls.SendAsync(
                "GetVariables", Ocpp2Json.Write(new GetVariables(part), Ocpp2Json.Default.GetVariables), cancellationToken);
            if (outcome is { Kind: CallOutcomeKind.Error, ErrorCode: not ("NotSupported" or "NotImplemented") } && part.Length > 1)
            {
                foreach (GetVariableData[] half in part.Chunk((part.Length + 1) / 2))
                    waiting.Enqueue(half);
                continue;
            }
            if (!outcome.IsResult)
                break;
            foreach (GetVariableResult result in Ocpp2Json.TryRead(outcome.Payload.Span, Ocpp2Json.Default.GetVariablesAnswer)?.GetVariableResult ?? [])
            {
                if (result is { AttributeStatus: "Accepted", AttributeValue: { } value, Component: { } component, Variable: { } variable })
                    known[$"{component.Name}.{variable.Name}"] = Setting.Of(value);
            }
        }
        return known;
    }

    /// <summary>Sets a variable, <c>Component.Variable</c>.</summary>
    public async Task<CallAnswerSummary> ChangeAsync(string key, string value, CancellationToken cancellationToken)
    {
        string[] names = key.Split('.');
        CallOutcome outcome = await _calls.SendAsync(
            "SetVariables",
            Ocpp2Json.Write(new SetVariables([new SetVariableData(value, new Component(names[0]), new Variable(names[1]))]), Ocpp2Json.Default.SetVariables),
            cancellationToken);
        if (!outcome.IsResult)
            return OcppSession.JudgeEnd(outcome);
        SetVariableResult? result = Ocpp2Json.TryRead(outcome.Payload.Span, Ocpp2Json.Default.SetVariablesAnswer)?.SetVariableResult is [var first, ..] ? first : null;
        return new CallAnswerSummary(
            result?.AttributeStatus switch
            {
                "Accepted" or "RebootRequired" => CallStatus.Accepted,
                "Rejected" => CallStatus.Rejected,
                null => CallStatus.Invalid,
                _ => CallStatus.NotSupported,
            },
            Reason: result?.AttributeStatusInfo?.ToString());
    }

    private static GetVariableData Ask(string component, string variable) => new(new Component(component), new Variable(variable));

    private static bool? Flag(Dictionary<string, Setting> known, string key) => bool.TryParse(known.GetValueOrDefault(key)?.Value, out bool flag) ? flag : null;

    private static int? Number(Dictionary<string, Setting> known, string key) =>
        Decimal(known.GetValueOrDefault(key)?.Value) is { } number && Math.Abs(number) < int.MaxValue ? (int)number : null;

    internal static double? Decimal(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;
}
