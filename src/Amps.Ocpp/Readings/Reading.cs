using Amps.Ocpp.Model;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Readings;

/// <summary>Where a reading comes from (canonical API, section 4).</summary>
public enum ReadingSource
{
    /// <summary>The MQTT-fed snapshot, within its time to live.</summary>
    Cache,

    /// <summary>The charger was asked just now and answered.</summary>
    Live,

    /// <summary>The charger is offline or silent: the last known state.</summary>
    Fallback,

    /// <summary>A sandbox device.</summary>
    Projection,
}

/// <summary>A charger as it is read.</summary>
public sealed record Reading(ChargerSnapshot Snapshot, ReadingSource Source);

/// <summary>Which charger is read, and where it is to be asked.</summary>
public readonly record struct DeviceAddress(DeviceId Device, ChargePointId ChargePoint, int ConnectorId, ApiEnvironment Environment)
{
    public ChargerAddress Charger => new(ChargePoint, ConnectorId);
}

/// <summary>Settings of the room (operator surface, <c>Amps:Reads</c>), validated at start.</summary>
public sealed record ReadingsOptions
{
    /// <summary>How old a snapshot may be.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary>The same with <c>expedite=true</c>.</summary>
    public TimeSpan ExpediteTimeToLive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a charger that is asked may take.</summary>
    public TimeSpan LiveBudget { get; init; } = TimeSpan.FromMilliseconds(2000);

    /// <summary>How long a read waits for what the charger has told already to come round through the broker.</summary>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Name of this node.</summary>
    public string NodeId { get; init; } = System.Environment.MachineName;

    /// <summary>Prefix of all topics.</summary>
    public string TopicPrefix { get; init; } = "amps/v1";

    /// <summary>Whether there may be other nodes, whose chargers are known by the broker only.</summary>
    public bool Shared { get; init; }

    /// <summary>How long after a start what the broker kept is waited for.</summary>
    public TimeSpan LoadLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same while there is no broker.</summary>
    public TimeSpan BrokerLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Devices the cache holds at most; more are not cached, only counted.</summary>
    public int MaxDevices { get; init; } = 2_000_000;
}
