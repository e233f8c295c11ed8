using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// The station's own inventory, asked for once per firmware as advice: it may come in parts, late, or never (quirk Q39, faults P25). Each part
/// is learned from by itself and nothing of it is kept.
/// </summary>
internal sealed class Ocpp2Inventory(ChargePoint chargePoint, IOcppCalls calls, Ocpp2Setup setup, TimeProvider time)
{
    private const int MaxPlugs = 8;

    /// <summary>From the most telling report to the least.</summary>
    private static readonly string[] s_bases = ["FullInventory", "ConfigurationInventory", "SummaryInventory"];

    /// <summary>A report that has not ended by then is none.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private int _lastRequest;
    private int _awaited;

    public async Task AskAsync(CancellationToken cancellationToken)
    {
        if (chargePoint.Learned.InventoryRead is not null)
            return;
        foreach (string reportBase in s_bases)
        {
            int request = ++_lastRequest;
            // Its first part may come before its answer is looked at.
            Volatile.Write(ref _awaited, request);
            CallOutcome outcome = await calls.SendAsync(
                "GetBaseReport", Ocpp2Json.Write(new GetBaseReport(request, reportBase), Ocpp2Json.Default.GetBaseReport), cancellationToken);
            string? status = outcome.IsResult ? StatusAnswer.Read(outcome.Payload.Span)?.Status : null;
            if (status == "Accepted")
            {
                _ = GiveUpAsync(request, cancellationToken);
                return;
            }
            Volatile.Write(ref _awaited, 0);
            if (outcome is { Kind: CallOutcomeKind.Error, ErrorCode: "NotSupported" or "NotImplemented" })
                break;
            // Busy, or the link is gone: the next link asks again.
            if (status is not ("NotSupported" or "EmptyResultSet"))
                return;
        }
        chargePoint.Learn(static learned => learned with { InventoryRead = false });
    }

    /// <summary>A part of a report, whoever asked for it.</summary>
    public void Take(NotifyReport part)
    {
        var told = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        int evses = 0;
        int plugs = 0;
        double? power = null;
        int? phases = null;
        foreach (ReportData data in part.ReportData ?? [])
        {
            (string component, string variable) = (data.Component.Name, data.Variable.Name);
            evses = Math.Max(evses, data.Component.Evse?.Id ?? 0);
            if (component == "Connector" && data.Component.Evse?.ConnectorId is { } plug and <= MaxPlugs)
                plugs = Math.Max(plugs, plug);
            string? actual = ValueOf(data, "Actual");
            if (component == "EVSE" && variable == "Power")
                power ??= RatingOf(data);
            else if (component == "EVSE" && variable == "SupplyPhases")
                phases ??= actual switch { "1" => 1, "3" => 3, _ => null };
            else if (data.Component is { Evse: null, Instance: null } && data.Variable.Instance is null && actual is not null)
                told[$"{component}.{variable}"] = Setting.Of(actual);
        }
        setup.NoteEvses(evses);
        setup.Advise(told);
        bool last = part.Tbc != true && Interlocked.CompareExchange(ref _awaited, 0, part.RequestId) == part.RequestId && part.RequestId > 0;
        chargePoint.Learn(learned => learned with
        {
            RatedPowerKw = learned.RatedPowerKw ?? power,
            Phases = learned.Phases ?? phases,
            PlugsPerCharger = plugs > (learned.PlugsPerCharger ?? 0) ? plugs : learned.PlugsPerCharger,
            InventoryRead = last ? true : learned.InventoryRead,
        });
    }

    private async Task GiveUpAsync(int request, CancellationToken cancellationToken)
    {
        await Task.Delay(s_limit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.CompareExchange(ref _awaited, 0, request) == request && !cancellationToken.IsCancellationRequested)
            chargePoint.Learn(static learned => learned with { InventoryRead = learned.InventoryRead ?? false });
    }

    private static string? ValueOf(ReportData data, string type) =>
        Array.Find(data.VariableAttribute ?? [], attribute => (attribute.Type ?? "Actual") == type)?.Value;

    /// <summary>The most that an EVSE delivers, kW; what it delivers now says nothing of it.</summary>
    private static double? RatingOf(ReportData data)
    {
        double? most = Ocpp2Setup.Decimal(ValueOf(data, "MaxSet")) ?? data.VariableCharacteristics?.MaxLimit;
        return most is > 0 ? data.VariableCharacteristics?.Unit == "kW" ? most : most / 1000 : null;
    }
}
