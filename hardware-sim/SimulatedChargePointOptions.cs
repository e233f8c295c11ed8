namespace Amps.HardwareSim;

/// <summary>What a simulated charge point is and where it connects.</summary>
public sealed record SimulatedChargePointOptions
{
    /// <summary>Identity: the last segment of the URL.</summary>
    public required string Id { get; init; }

    /// <summary>The identity it connects with.</summary>
    public string Identity => Personality.Link.Identity.Replace("{id}", Id, StringComparison.Ordinal);

    /// <summary>Address of the central system without the identity, e.g. <c>ws://127.0.0.1:9000/ocpp</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Password for Basic authentication; null = none is sent.</summary>
    public string? Password { get; init; }

    /// <summary><c>1.6</c>, <c>2.0.1</c> or <c>2.1</c>.</summary>
    public string OcppVersion { get; init; } = "1.6";

    public string Vendor { get; init; } = "Amps";

    public string Model { get; init; } = "Simulated AC";

    public string SerialNumber { get; init; } = "SIM0001";

    public string FirmwareVersion { get; init; } = "1.0.0";

    public IReadOnlyList<ConnectorOptions> Connectors { get; init; } = [new ConnectorOptions()];

    /// <summary>Seconds between samples in a transaction, until the central system changes it.</summary>
    public int MeterValueSampleInterval { get; init; } = 60;

    /// <summary>How many seconds of charging pass in one second of the clock.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Folder for what survives a reboot (profiles, configuration, registers); null = memory of this object.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>First pause before a reconnect; doubled up to 60 s.</summary>
    public TimeSpan ReconnectAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer of the central system may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Local address to connect from, for more sockets than one address has ports.</summary>
    public System.Net.IPAddress? LocalAddress { get; init; }

    /// <summary>How it departs from the standard.</summary>
    public Personality Personality { get; init; } = new();

    /// <summary>Seed of all chance, so that a run can be repeated.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>A connector of the charge point.</summary>
public sealed record ConnectorOptions
{
    /// <summary>1 or 3.</summary>
    public int Phases { get; init; } = 3;

    /// <summary>Phase to neutral, V.</summary>
    public double Voltage { get; init; } = 230;

    /// <summary>A per phase.</summary>
    public double RatedCurrent { get; init; } = 32;

    /// <summary>Of 2.0.1 and 2.1, where this is an EVSE: its connectors, of which one at a time is used.</summary>
    public int Plugs { get; init; } = 1;

    /// <summary>A vehicle is plugged in at the start.</summary>
    public VehicleOptions? Vehicle { get; init; }
}

/// <summary>A vehicle.</summary>
public sealed record VehicleOptions
{
    public double BatteryKwh { get; init; } = 60;

    /// <summary>The connector of its EVSE that it is plugged in at.</summary>
    public int Plug { get; init; } = 1;

    /// <summary>Percent.</summary>
    public double StateOfCharge { get; init; } = 40;

    /// <summary>A per phase that its charger takes at most.</summary>
    public double MaxCurrent { get; init; } = 32;

    /// <summary>Phases that its charger uses.</summary>
    public int Phases { get; init; } = 3;
}

/// <summary>A connector at one moment; of 2.0.1 and 2.1 an EVSE, whose status is its charging state in a transaction.</summary>
public sealed record ConnectorSnapshot(
    int ConnectorId, string Status, bool Plugged, string? TransactionId, double CurrentA, double PowerKw, double LimitA, double EnergyWh, double? StateOfCharge);
