using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Operator;

/// <summary>
/// The <c>pinned</c> object of a charge point's PUT: how it behaves whatever it is seen to do. A fact that is absent stays as it is, <c>null</c> leaves
/// it to what is learned; <c>null</c> for the object does so for all of them.
/// </summary>
internal static class PinnedBody
{
    private const string Path = "pinned";
    private static readonly string[] s_units = ["A", "W"];
    private static readonly string[] s_kinds = ["Absolute", "Relative"];
    private static readonly string[] s_boots = ["WhenTriggered", "Never"];
    private static readonly string[] s_starts = Enum.GetNames<TransactionStart>();
    private static readonly string[] s_ends = Enum.GetNames<TransactionEnd>();

    /// <summary>The change of the pins, null where the body says nothing of them; errors are noted in it.</summary>
    public static Func<LearnedBehaviour?, LearnedBehaviour?>? Read(JsonBody body)
    {
        if (!body.Root.TryGetProperty(Path, out JsonElement given))
            return null;
        if (given.ValueKind == JsonValueKind.Null)
            return static _ => null;
        if (body.Object(body.Root, "", Path) is not { } pins)
            return null;
        body.RefuseUnknown(pins, Path, "rateUnit", "stackLevel", "maxStackLevel", "profileKind", "defaultLimits", "transactionLimits",
            "profileOnConnectorZero", "wholeAmperes", "endsOnZeroLimit", "needsUnplug",
            "switchesPhases", "triggerMessage",
            "triggerWithConnector", "bootNotification", "sampledMeasurands", "sampleIntervalSeconds",
            "transactionStarts", "transactionEnds");
        var changes = new List<Func<LearnedBehaviour, LearnedBehaviour>>();
        Pin("rateUnit", name => body.OneOf(pins, Path, name, s_units), static (b, value) => b with { RateUnit = value });
        Pin("stackLevel", name => body.Integer(pins, Path, name, 0, 100), static (b, value) => b with { StackLevel = value });
        Pin("maxStackLevel", name => body.Integer(pins, Path, name, 0, 100), static (b, value) => b with { MaxStackLevel = value });
        Pin("profileKind", name => body.OneOf(pins, Path, name, s_kinds), static (b, value) => b with { ProfileKind = value });
        Pin("defaultLimits", name => body.Boolean(pins, Path, name), static (b, value) => b with { DefaultLimits = value });
        Pin("transactionLimits", name => body.Boolean(pins, Path, name), static (b, value) => b with { TransactionLimits = value });
        Pin("profileOnConnectorZero", name => body.Boolean(pins, Path, name), static (b, value) => b with { ProfileOnConnectorZero = value });
        Pin("wholeAmperes", name => body.Boolean(pins, Path, name), static (b, value) => b with { WholeAmperes = value });
        Pin("endsOnZeroLimit", name => body.Boolean(pins, Path, name), static (b, value) => b with { EndsOnZeroLimit = value });
        Pin("needsUnplug", name => body.Boolean(pins, Path, name), static (b, value) => b with { NeedsUnplug = value });
        Pin("switchesPhases", name => body.Boolean(pins, Path, name), static (b, value) => b with { SwitchesPhases = value });
        Pin("triggerMessage", name => body.Boolean(pins, Path, name), static (b, value) => b with { TriggerMessage = value });
        Pin("triggerWithConnector", name => body.Boolean(pins, Path, name), static (b, value) => b with { TriggerWithConnector = value });
        Pin("bootNotification", name => body.OneOf(pins, Path, name, s_boots), static (b, value) =>
            b with { BootNotification = value is null ? null : Enum.Parse<BootHabit>(value) });
        Pin("sampledMeasurands", name => body.Text(pins, Path, name, maxLength: 500), static (b, value) => b with { SampledMeasurands = value });
        Pin("sampleIntervalSeconds", name => body.Integer(pins, Path, name, 1, 86_400), static (b, value) => b with { SampleIntervalSeconds = value });
        Pin("transactionStarts", name => body.OneOf(pins, Path, name, s_starts), static (b, value) =>
            b with { TransactionStarts = value is null ? null : Enum.Parse<TransactionStart>(value) });
        Pin("transactionEnds", name => body.OneOf(pins, Path, name, s_ends), static (b, value) =>
            b with { TransactionEnds = value is null ? null : Enum.Parse<TransactionEnd>(value) });
        return pinned =>
        {
            LearnedBehaviour changed = changes.Aggregate(pinned ?? new LearnedBehaviour(), static (behaviour, change) => change(behaviour));
            return changed == new LearnedBehaviour() ? null : changed;
        };

        void Pin<T>(string name, Func<string, T?> read, Func<LearnedBehaviour, T?, LearnedBehaviour> change)
        {
            if (!pins.TryGetProperty(name, out JsonElement fact))
                return;
            T? value = fact.ValueKind == JsonValueKind.Null ? default : read(name);
            changes.Add(behaviour => change(behaviour, value));
        }
    }
}
