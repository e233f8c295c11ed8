namespace Amps.Ocpp.Registry;

/// <summary>How a charge point is taken to behave: the operator's word before what was learned, before what is known of its model.</summary>
public static class Behaviour
{
    /// <summary>What the operator fixed, in the words of what may be learned; null = nothing.</summary>
    public static LearnedBehaviour? PinsOf(ChargePointConfiguration configuration)
    {
        if (configuration is { Pinned: null, IdleStrategy: null, RatedPowerKw: null, Phases: null, CallTimeoutSeconds: null })
            return null;
        return (configuration.Pinned ?? new LearnedBehaviour()) with
        {
            IdleStrategy = configuration.IdleStrategy,
            RatedPowerKw = configuration.RatedPowerKw,
            Phases = configuration.Phases,
            CallTimeoutSeconds = configuration.CallTimeoutSeconds,
        };
    }

    /// <summary>Each fact of the first that has it.</summary>
    public static LearnedBehaviour Over(this LearnedBehaviour? upper, LearnedBehaviour? lower) => upper is null ? lower ?? new LearnedBehaviour() : lower is null ? upper : new LearnedBehaviour
    {
        ConnectorCount = upper.ConnectorCount ?? lower.ConnectorCount,
        RateUnit = upper.RateUnit ?? lower.RateUnit,
        StackLevel = upper.StackLevel ?? lower.StackLevel,
        MaxStackLevel = upper.MaxStackLevel ?? lower.MaxStackLevel,
        ProfileKind = upper.ProfileKind ?? lower.ProfileKind,
        DefaultLimits = upper.DefaultLimits ?? lower.DefaultLimits,
        TransactionLimits = upper.TransactionLimits ?? lower.TransactionLimits,
        ProfileOnConnectorZero = upper.ProfileOnConnectorZero ?? lower.ProfileOnConnectorZero,
        WholeAmperes = upper.WholeAmperes ?? lower.WholeAmperes,
        SwitchesPhases = upper.SwitchesPhases ?? lower.SwitchesPhases,
        EndsOnZeroLimit = upper.EndsOnZeroLimit ?? lower.EndsOnZeroLimit,
        NeedsUnplug = upper.NeedsUnplug ?? lower.NeedsUnplug,
        TriggerWithConnector = upper.TriggerWithConnector ?? lower.TriggerWithConnector,
        IdleStrategy = upper.IdleStrategy ?? lower.IdleStrategy,
        RatedPowerKw = upper.RatedPowerKw ?? lower.RatedPowerKw,
        Phases = upper.Phases ?? lower.Phases,
        SampledMeasurands = upper.SampledMeasurands ?? lower.SampledMeasurands,
        SampleIntervalSeconds = upper.SampleIntervalSeconds ?? lower.SampleIntervalSeconds,
        BootNotification = upper.BootNotification ?? lower.BootNotification,
        TriggerMessage = upper.TriggerMessage ?? lower.TriggerMessage,
        StationLimitKw = upper.StationLimitKw ?? lower.StationLimitKw,
        ForeignLimitsCleared = upper.ForeignLimitsCleared ?? lower.ForeignLimitsCleared,
        CallTimeoutSeconds = upper.CallTimeoutSeconds ?? lower.CallTimeoutSeconds,
        PlugsPerCharger = upper.PlugsPerCharger ?? lower.PlugsPerCharger,
        InventoryRead = upper.InventoryRead ?? lower.InventoryRead,
        TransactionStarts = upper.TransactionStarts ?? lower.TransactionStarts,
        TransactionEnds = upper.TransactionEnds ?? lower.TransactionEnds,
    };
}
