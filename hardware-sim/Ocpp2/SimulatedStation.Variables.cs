using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>The device model as it is asked for, set and reported (use cases B05 to B08).</summary>
public sealed partial class SimulatedStation
{
    private const string Password = "SecurityCtrlr.BasicAuthPassword";

    private static readonly string[] s_summary = ["AvailabilityState", "Problem", "Available"];

    private JsonObject GetVariables(JsonObject call)
    {
        var results = new JsonArray();
        foreach (JsonObject asked in FewEnough(call.Parts("getVariableData")))
        {
            JsonObject result = About(asked, out Variable? variable, out string status);
            if (variable is { Mutability: "WriteOnly" })
            {
                status = "Rejected";
                result["attributeStatusInfo"] = Words.Info("WriteOnly");
            }
            result["attributeStatus"] = status;
            if (status == "Accepted")
                result["attributeValue"] = variable!.Value();
            results.Add((JsonNode)result);
        }
        return new JsonObject { ["getVariableResult"] = results };
    }

    private JsonObject SetVariables(JsonObject call)
    {
        var results = new JsonArray();
        string password = Model.Text(Password);
        foreach (JsonObject asked in FewEnough(call.Parts("setVariableData")))
        {
            string value = asked.Text("attributeValue");
            JsonObject result = About(asked, out Variable? variable, out string status);
            if (status == "Accepted")
            {
                Refusal? refusal = variable!.Change is null ? new Refusal("ReadOnly", variable.Path) : variable.Refuse(value) ?? RefuseByHabit(variable, value);
                if (refusal is null)
                    variable.Change!(value);
                else
                    result["attributeStatusInfo"] = Words.Info(refusal.ReasonCode, refusal.Info);
                status = refusal is not null ? "Rejected" : variable.NeedsReboot ? "RebootRequired" : "Accepted";
            }
            result["attributeStatus"] = status;
            results.Add((JsonNode)result);
        }
        if (Model.Text(Password) != password)
            After(Hangup);
        HeartbeatInterval = Math.Max(1, Model.Whole("OCPPCommCtrlr.HeartbeatInterval"));
        Save();
        return new JsonObject { ["setVariableResult"] = results };
    }

    /// <summary>It connects with the password that it was given last (A01).</summary>
    private protected override SimulatedChargePointOptions LinkOptions =>
        Model.Text(Password) is { Length: > 0 } given ? Options with { Password = given } : Options;

    private Refusal? RefuseByHabit(Variable variable, string value)
    {
        MeterHabits habits = Personality.Meter;
        if (!variable.Name.EndsWith("Measurands", StringComparison.Ordinal))
            return null;
        string[] wanted = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return habits.MostMeasurands > 0 && wanted.Length > habits.MostMeasurands ? new Refusal("TooManyElements", variable.Path)
            : habits.Measurands.Count > 0 && !wanted.All(habits.Measurands.Contains) ? new Refusal("InvalidValue", variable.Path)
            : null;
    }

    private JsonObject GetBaseReport(JsonObject call)
    {
        int requestId = call.Whole("requestId");
        string kind = call.Word("reportBase", "ConfigurationInventory", "FullInventory", "SummaryInventory");
        Report(requestId, [.. Model.All.Where(variable => kind switch
        {
            "ConfigurationInventory" => variable.Change is not null,
            "SummaryInventory" => s_summary.Contains(variable.Name),
            _ => true,
        })]);
        return Words.Status("Accepted");
    }

    private JsonObject GetReport(JsonObject call)
    {
        int requestId = call.Whole("requestId");
        IReadOnlyList<JsonObject> asked = call.MaybeParts("componentVariable");
        List<Variable> found = [.. Model.All.Where(variable => asked.Count == 0 || asked.Any(about =>
            IsWithin(variable, about.Part("component")) && (about.MaybePart("variable") is not { } named || variable.Is(named))))];
        if (found.Count == 0)
            return Words.Status("EmptyResultSet");
        Report(requestId, found);
        return Words.Status("Accepted");
    }

    /// <summary>A component asked for without its EVSE means that of every EVSE.</summary>
    private static bool IsWithin(Variable variable, JsonObject component) => component["evse"] is null
        ? component.Text("name").Equals(variable.Component, StringComparison.OrdinalIgnoreCase)
        : variable.IsAbout(component);

    private void Report(int requestId, List<Variable> variables)
    {
        string now = Words.Time(Now);
        Variable[][] parts = [.. variables.Chunk(ItemsPerMessage)];
        for (int i = 0; i < parts.Length; i++)
        {
            var report = new JsonObject
            {
                ["requestId"] = requestId,
                ["generatedAt"] = now,
                ["seqNo"] = i,
                ["tbc"] = i < parts.Length - 1,
                ["reportData"] = new JsonArray([.. parts[i].Select(static variable => (JsonNode)variable.Report())]),
            };
            After(() => TellAsked("NotifyReport", report));
        }
    }

    private JsonObject About(JsonObject asked, out Variable? variable, out string status)
    {
        JsonObject component = asked.Part("component");
        JsonObject named = asked.Part("variable");
        (variable, status) = Model.Find(component, named);
        var result = new JsonObject { ["component"] = component.DeepClone(), ["variable"] = named.DeepClone() };
        if (asked.MaybeText("attributeType") is not { } type)
            return result;
        result["attributeType"] = type;
        if (variable is not null && type != "Actual")
            status = "NotSupportedAttributeType";
        return result;
    }

    private static IReadOnlyList<JsonObject> FewEnough(IReadOnlyList<JsonObject> asked) =>
        asked.Count <= ItemsPerMessage ? asked : throw new UnreadableException("OccurrenceConstraintViolation", $"at most {ItemsPerMessage}");
}
