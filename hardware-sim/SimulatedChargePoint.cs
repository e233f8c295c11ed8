using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// A charge point that behaves as OCPP 1.6 wants it and as hardware does: it connects, boots, tells its statuses, charges what is
/// plugged in within its limits, keeps transaction messages while offline, and answers every call of a central system.
/// All members may be called from any thread.
/// </summary>
public sealed partial class SimulatedChargePoint : SimulatedHardware
{
    private readonly Connector[] _connectors;
    private readonly ConfigurationKeys _configuration;
    private CommandFault _nextFault;

    public SimulatedChargePoint(SimulatedChargePointOptions options, SimulationClock clock)
        : base(options, clock)
    {
        _connectors = [.. options.Connectors.Select((connector, index) => new Connector(this, index + 1, connector))];
        _configuration = new ConfigurationKeys(_connectors.Length, options.MeterValueSampleInterval);
        StartHabits();
        if (Memory?.Load() is { } saved)
            Remember(saved);
    }

    public override IReadOnlyList<ConnectorSnapshot> Snapshots
    {
        get
        {
            lock (Gate)
                return [.. _connectors.Select(connector => connector.Snapshot)];
        }
    }

    internal ChargingProfiles Profiles { get; } = new();

    internal int SampleInterval => _configuration.Whole("MeterValueSampleInterval");

    internal IEnumerable<string> Measurands => _configuration.Measurands;

    internal override void Save() => Memory?.Save(new JsonObject
    {
        ["profiles"] = Profiles.Save(),
        ["configuration"] = _configuration.Save(),
        ["transactions"] = new JsonArray([.. _connectors.Select(connector => (JsonNode?)connector.SaveTransaction())]),
        ["energyWh"] = new JsonArray([.. _connectors.Select(connector => (JsonNode)JsonValue.Create(connector.EnergyWh))]),
    });

    private protected override void StepParts(TimeSpan passed)
    {
        foreach (Connector connector in _connectors)
        {
            if (connector.Stepping)
                connector.Step(passed, Options.TimeScale);
        }
    }

    private void Remember(JsonObject saved)
    {
        Profiles.Load(saved["profiles"]!.AsArray());
        _configuration.Load(saved["configuration"]!.AsObject());
        JsonArray registers = saved["energyWh"]!.AsArray();
        for (int i = 0; i < _connectors.Length && i < registers.Count; i++)
            _connectors[i].EnergyWh = registers[i]!.GetValue<double>();
        JsonArray? transactions = saved["transactions"]?.AsArray();
        for (int i = 0; i < _connectors.Length && i < transactions?.Count; i++)
        {
            if (transactions[i] is JsonObject lost)
                _connectors[i].TellLost(lost);
        }
    }

    private void With(int connectorId, Action<Connector> change)
    {
        lock (Gate)
        {
            if (connectorId < 1 || connectorId > _connectors.Length)
                throw new ArgumentOutOfRangeException(nameof(connectorId), connectorId, $"{Id} has connectors 1 to {_connectors.Length}.");
            change(_connectors[connectorId - 1]);
        }
    }
}
