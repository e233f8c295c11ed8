using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>Periodic monitors: told by NotifyEvent, or in 2.1 by a stream of messages that nobody answers.</summary>
public sealed partial class SimulatedStation
{
    private readonly List<Monitor> _monitors = [];
    private int _lastMonitor;
    private int _lastEvent;

    private JsonObject SetMonitoring(JsonObject call)
    {
        var results = new JsonArray();
        foreach (JsonObject asked in FewEnough(call.Parts("setMonitoringData")))
        {
            string type = asked.Text("type");
            int severity = asked.Whole("severity");
            double value = asked.Number("value");
            JsonObject component = asked.Part("component");
            JsonObject named = asked.Part("variable");
            (Variable? variable, string status) = Model.Find(component, named);
            var result = new JsonObject { ["type"] = type, ["severity"] = severity, ["component"] = component.DeepClone(), ["variable"] = named.DeepClone() };
            if (variable is not null)
                status = type != "Periodic" ? "UnsupportedMonitorType" : value < 1 || variable.DataType is not ("integer" or "decimal") ? "Rejected" : "Accepted";
            if (status == "Accepted")
                result["id"] = Install(asked.MaybeWhole("id"), variable!, value, severity, asked.MaybePart("periodicEventStream")).Id;
            result["status"] = status;
            results.Add((JsonNode)result);
        }
        return new JsonObject { ["setMonitoringResult"] = results };
    }

    private Monitor Install(int? id, Variable variable, double every, int severity, JsonObject? stream)
    {
        _monitors.RemoveAll(known => known.Id == id);
        _lastMonitor = Math.Max(_lastMonitor + 1, id ?? 0);
        var monitor = new Monitor(id ?? _lastMonitor, variable, every, severity) { Stream = Is21 ? (JsonObject?)stream?.DeepClone() : null };
        _monitors.Add(monitor);
        if (monitor.Stream is not null)
        {
            After(() => Tell("OpenPeriodicEventStream", () => new JsonObject { ["constantStreamData"] = monitor.Describe() }, keep: false,
                answer => monitor.IsOpen = answer.Word("status", "Accepted", "Rejected") == "Accepted"));
        }
        return monitor;
    }

    private JsonObject ClearMonitoring(JsonObject call)
    {
        var results = new JsonArray();
        foreach (int id in call.MaybeWholes("id") ?? throw new UnreadableException("OccurrenceConstraintViolation", "id"))
        {
            Monitor? known = _monitors.Find(monitor => monitor.Id == id);
            if (known is not null)
                _monitors.Remove(known);
            if (known is { IsOpen: true })
                After(() => Tell("ClosePeriodicEventStream", () => new JsonObject { ["id"] = id }, keep: false));
            results.Add((JsonNode)new JsonObject { ["id"] = id, ["status"] = known is null ? "NotFound" : "Accepted" });
        }
        return new JsonObject { ["clearMonitoringResult"] = results };
    }

    private JsonObject AdjustStream(JsonObject call)
    {
        int id = call.Whole("id");
        JsonObject wanted = call.Part("params");
        if (_monitors.Find(monitor => monitor.Id == id && monitor.IsOpen) is not { } known)
            return Words.Status("Rejected", "NotFound");
        known.Stream = (JsonObject)wanted.DeepClone();
        return Words.Status("Accepted");
    }

    private JsonObject ListStreams()
    {
        JsonNode[] open = [.. _monitors.Where(static monitor => monitor.IsOpen).Select(static monitor => monitor.Describe())];
        return open.Length == 0 ? [] : new JsonObject { ["constantStreamData"] = new JsonArray(open) };
    }

    /// <summary>A boot ends all streams.</summary>
    private void CloseStreams() => _monitors.RemoveAll(static monitor => monitor.Stream is not null);

    private void StepMonitors(TimeSpan passed)
    {
        foreach (Monitor monitor in _monitors)
        {
            if (monitor.Step(passed) is not { } value || !IsAccepted)
                continue;
            if (monitor.Stream is null)
                TellValue(monitor, value);
            else if (monitor.IsOpen && monitor.Collect(value, Now) is { } message)
                SendOneWay("NotifyPeriodicEventStream", message);
        }
    }

    private void TellValue(Monitor monitor, string value)
    {
        var told = new JsonObject
        {
            ["generatedAt"] = Words.Time(Now),
            ["seqNo"] = 0,
            ["tbc"] = false,
            ["eventData"] = new JsonArray(new JsonObject
            {
                ["eventId"] = ++_lastEvent,
                ["timestamp"] = Words.Time(Now),
                ["trigger"] = "Periodic",
                ["actualValue"] = value,
                ["eventNotificationType"] = "CustomMonitor",
                ["variableMonitoringId"] = monitor.Id,
                ["component"] = monitor.Variable.ComponentNode(),
                ["variable"] = monitor.Variable.VariableNode(),
            }),
        };
        TellPassing("NotifyEvent", told);
    }
}
