using System.Collections.Immutable;
using System.Text.Json;
using Amps.Ocpp.Chargers.KnownBehaviour;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Operator;

/// <summary>
/// How a charge point behaves, as the operator sees it: what was learned by trying, what is known of its model, what the operator
/// pinned, and what of it is in force.
/// </summary>
internal static class BehaviourJson
{
    public static void Write(Utf8JsonWriter json, ChargePointRecord record)
    {
        ImmutableArray<KnownFact> known = KnownFacts.Of(record);
        LearnedBehaviour? pins = Behaviour.PinsOf(record.Configuration);
        json.WritePropertyName("learned");
        Write(json, record.Learned);
        json.WriteStartArray("known");
        foreach (KnownFact fact in known)
        {
            json.WriteStartObject();
            json.WriteString("vendor", fact.Vendor);
            json.WriteString("model", fact.Model);
            json.WriteString("firmware", fact.Firmware);
            json.WriteString("note", fact.Note);
            json.WriteString("source", fact.Source.AbsoluteUri);
            json.WritePropertyName("behaviour");
            Write(json, fact.Behaviour);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WritePropertyName("pinned");
        Write(json, pins ?? new LearnedBehaviour());
        json.WritePropertyName("inForce");
        Write(json, pins.Over(record.Learned).Over(KnownFacts.Merge(known)));
    }

    private static void Write(Utf8JsonWriter json, LearnedBehaviour behaviour)
    {
        json.WriteStartObject();
        WriteNumber(json, "connectorCount", behaviour.ConnectorCount);
        WriteNumber(json, "plugsPerCharger", behaviour.PlugsPerCharger);
        WriteFlag(json, "inventoryRead", behaviour.InventoryRead);
        json.WriteString("rateUnit", behaviour.RateUnit);
        WriteNumber(json, "stackLevel", behaviour.StackLevel);
        WriteNumber(json, "maxStackLevel", behaviour.MaxStackLevel);
        json.WriteString("profileKind", behaviour.ProfileKind);
        WriteFlag(json, "defaultLimits", behaviour.DefaultLimits);
        WriteFlag(json, "transactionLimits", behaviour.TransactionLimits);
        WriteFlag(json, "profileOnConnectorZero", behaviour.ProfileOnConnectorZero);
        WriteFlag(json, "wholeAmperes", behaviour.WholeAmperes);
        WriteFlag(json, "triggerMessage", behaviour.TriggerMessage);
        WriteFlag(json, "triggerWithConnector", behaviour.TriggerWithConnector);
        json.WriteString("bootNotification", behaviour.BootNotification?.ToString());
        json.WriteString("idleStrategy", behaviour.IdleStrategy?.ToString());
        WriteFlag(json, "endsOnZeroLimit", behaviour.EndsOnZeroLimit);
        WriteFlag(json, "needsUnplug", behaviour.NeedsUnplug);
        json.WriteString("transactionStarts", behaviour.TransactionStarts?.ToString());
        json.WriteString("transactionEnds", behaviour.TransactionEnds?.ToString());
        WriteNumber(json, "ratedPowerKw", behaviour.RatedPowerKw);
        WriteNumber(json, "phases", behaviour.Phases);
        WriteFlag(json, "switchesPhases", behaviour.SwitchesPhases);
        json.WriteString("sampledMeasurands", behaviour.SampledMeasurands);
        WriteNumber(json, "sampleIntervalSeconds", behaviour.SampleIntervalSeconds);
        WriteNumber(json, "stationLimitKw", behaviour.StationLimitKw);
        WriteFlag(json, "foreignLimitsCleared", behaviour.ForeignLimitsCleared);
        WriteNumber(json, "callTimeoutSeconds", behaviour.CallTimeoutSeconds);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
            json.WriteBoolean(name, flag);
        else
            json.WriteNull(name);
    }
}
