using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>
/// A charging station that behaves as OCPP 2.0.1 or 2.1 wants it and as hardware does; each connector of its options is an EVSE. All members may be called from any thread.
/// </summary>
public sealed partial class SimulatedStation : SimulatedHardware
{
    /// <summary>Variables in one message: asked, set, or reported.</summary>
    internal const int ItemsPerMessage = 20;

    /// <summary>The versions it speaks.</summary>
    public static readonly IReadOnlyList<string> Versions = ["2.0.1", "2.1"];

    private readonly Evse[] _evses;
    private readonly ProfileRules _rules;
    private bool _resetWhenIdle;
    private double _lastAligned;

    public SimulatedStation(SimulatedChargePointOptions options, SimulationClock clock)
        : base(options, clock)
    {
        if (!Versions.Contains(options.OcppVersion))
            throw new ArgumentException($"A station speaks {string.Join(" or ", Versions)}, not {options.OcppVersion}.", nameof(options));
        _evses = [.. options.Connectors.Select((hardware, index) => new Evse(this, index + 1, hardware))];
        _rules = new ProfileRules(options.OcppVersion, _evses.Length, options.Connectors.Max(static connector => connector.Phases));
        Model = new DeviceModel(options, _evses, () => Now);
        Model.Override(Personality.Configuration);
        foreach (JsonObject installed in Personality.Limits.Installed)
            Profiles.Set(new InstalledProfile(installed.Whole("evseId"), (JsonObject)installed.Part("profile").DeepClone(), Now, installed.MaybeText("source") ?? "CSO"));
        if (Memory?.Load() is { } saved)
            Remember(saved);
    }

    public override IReadOnlyList<ConnectorSnapshot> Snapshots
    {
        get
        {
            lock (Gate)
                return [.. _evses.Select(static evse => evse.Snapshot)];
        }
    }

    internal ProfileStore Profiles { get; } = new();

    internal DeviceModel Model { get; }

    /// <summary>How many EVSEs share what the station may draw.</summary>
    internal int Sharers => _evses.Count(static evse => evse.Closed);

    private bool Is21 => Options.OcppVersion == "2.1";

    internal override void Save() => Memory?.Save(new JsonObject
    {
        ["profiles"] = Profiles.Save(),
        ["settings"] = Model.Save(),
        ["queue"] = new JsonArray([.. Outbox.Kept().Select(static message => (JsonNode)new JsonObject { ["action"] = message.Action, ["payload"] = message.Payload() })]),
        ["evses"] = new JsonArray([.. _evses.Select(static evse => (JsonNode)evse.Save())]),
    });

    private protected override void StepParts(TimeSpan passed)
    {
        foreach (Evse evse in _evses)
            evse.Step(passed, Options.TimeScale);
        if (IsAccepted)
            _lastTogether = Now;
        TellAligned();
        StepMonitors(passed);
        if (!_resetWhenIdle || Array.Exists(_evses, static evse => evse.Transaction is not null))
            return;
        _resetWhenIdle = false;
        Restart(Cause.Reset, "RemoteReset");
    }

    private void Remember(JsonObject saved)
    {
        Profiles.Load(saved["profiles"]!.AsArray());
        Model.Load(saved.Part("settings"));
        foreach (JsonObject message in saved.MaybeParts("queue"))
        {
            var payload = (JsonObject)message.Part("payload").DeepClone();
            Tell(message.Text("action"), () => (JsonObject)payload.DeepClone(), keep: true);
        }
        foreach ((Evse evse, JsonObject kept) in _evses.Zip(saved.Parts("evses")))
            evse.Load(kept);
    }

    private void TellAligned()
    {
        int interval = Model.Flag("AlignedDataCtrlr.Enabled") ? Model.Whole("AlignedDataCtrlr.Interval") : 0;
        double slot = interval > 0 ? Math.Floor(Now.UtcDateTime.TimeOfDay.TotalSeconds / interval) : -1;
        if (slot.Equals(_lastAligned))
            return;
        bool due = slot >= 0 && _lastAligned >= 0;
        _lastAligned = slot;
        foreach (Evse evse in due ? _evses : [])
            evse.TellAligned();
    }

    private void SettleAll(Cause? cause)
    {
        foreach (Evse evse in _evses)
            evse.Settle(cause);
    }

    private Evse? Find(int evseId) => evseId >= 1 && evseId <= _evses.Length ? _evses[evseId - 1] : null;

    private Evse? FindTransaction(string transactionId) => Array.Find(_evses, evse => evse.Transaction?.Id == transactionId);

    private void With(int evseId, Action<Evse> change)
    {
        lock (Gate)
            change(Find(evseId) ?? throw new ArgumentOutOfRangeException(nameof(evseId), evseId, $"{Id} has EVSEs 1 to {_evses.Length}."));
    }
}
