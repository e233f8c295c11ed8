using System.Text.Json.Nodes;

namespace Amps.HardwareSim.Ocpp2;

/// <summary>
/// One EVSE, of whose connectors one at a time is used: vehicle, authorization, and the transaction that starts and stops by TxStartPoint and TxStopPoint.
/// Not safe for several threads; its station guards it.
/// </summary>
internal sealed partial class Evse
{
    private readonly SimulatedStation _owner;
    private Authorization? _authorization;
    private Transaction? _transaction;
    private string? _fault;
    private TxPoints _points;
    private int _plug;

    public Evse(SimulatedStation owner, int id, ConnectorOptions hardware)
    {
        _owner = owner;
        Id = id;
        Path = new PowerPath(hardware);
        ConnectorStatus = Path.Vehicle is null ? "Available" : "Occupied";
        _plug = hardware.Vehicle?.Plug ?? 1;
    }

    public int Id { get; }

    public PowerPath Path { get; }

    /// <summary>Of the connector in use: <c>Available</c>, <c>Occupied</c>, <c>Reserved</c>, <c>Unavailable</c> or <c>Faulted</c>.</summary>
    public string ConnectorStatus { get; private set; }

    /// <summary>In service, as ChangeAvailability left it.</summary>
    public bool Operative { get; private set; } = true;

    public Reservation? Reservation { get; private set; }

    public Transaction? Transaction => _transaction;

    public Authorization? Authorization => _authorization;

    public bool Plugged => Path.Vehicle is not null;

    public bool Faulted => _fault is not null;

    /// <summary>The power path is closed: energy may flow.</summary>
    public bool Closed => Plugged && _authorization is not null && !Faulted && (Operative || _transaction is not null);

    public string ChargingState =>
        !Plugged ? "Idle"
        : !Closed ? "EVConnected"
        : !PowerPath.Offers(LimitNow().Amperes) ? "SuspendedEVSE"
        : Path.WantedCurrent <= 0 ? "SuspendedEV"
        : "Charging";

    /// <summary>What it shows: the charging state in a transaction, else the connector's status.</summary>
    public string Shown => _transaction is null || Faulted ? ConnectorStatus : ChargingState;

    public ConnectorSnapshot Snapshot => new(
        Id, Shown, Plugged, _transaction?.Id, Path.CurrentA, Path.PowerKw, LimitNow().Amperes, Path.EnergyWh, Path.Vehicle?.StateOfCharge);

    /// <summary>A per phase and phases allowed now: the lower of rating and profiles, as far as it can be signalled.</summary>
    public Limit LimitNow() => LimitAt(_owner.Now);

    public Limit LimitAt(DateTimeOffset time)
    {
        LimitHabits habits = _owner.Personality.Limits;
        Limit limit = _owner.Profiles.LimitAt(Id, _transaction, time, Path.Options, _owner.Sharers);
        double amperes = Math.Min(Path.Options.RatedCurrent, Math.Round(limit.Amperes, 3));
        if (amperes <= 0 && habits.ZeroIsIgnored)
            amperes = Path.Options.RatedCurrent;
        else if (habits.Steps.Count > 0)
            amperes = habits.Steps.Where(step => step <= amperes).DefaultIfEmpty(0).Max();
        return limit with { Amperes = amperes };
    }

    public void PlugIn(VehicleOptions vehicle)
    {
        if (Plugged)
            return;
        Path.Vehicle = new Vehicle(vehicle);
        _plug = vehicle.Plug;
        StartItself();
        Settle(Cause.PluggedIn);
    }

    public void Unplug()
    {
        if (!Plugged)
            return;
        Path.Vehicle = null;
        if (_owner.Model.Flag("TxCtrlr.StopTxOnEVSideDisconnect"))
            _authorization = null;
        Settle(Cause.Unplugged);
    }

    /// <summary>A fault ends what was allowed; null = it is gone.</summary>
    public void Fault(string? code)
    {
        _fault = code;
        if (code is not null)
            _authorization = null;
        Settle(code is null ? null : Cause.Fault(code));
    }

    public void SetOperative(bool operative)
    {
        Operative = operative;
        Settle(null);
    }

    public void Reserve(Reservation? reservation)
    {
        Reservation = reservation;
        Settle(null);
    }

    public void SuspendVehicle(bool suspended)
    {
        if (Path.Vehicle is { } vehicle)
            vehicle.Suspended = suspended;
        Settle(Cause.Vehicle);
    }

    public void Authorize(Authorization authorization, Cause cause)
    {
        _authorization = authorization;
        _transaction?.Authorize(authorization);
        Settle(cause);
    }

    public void Deauthorize(Cause cause)
    {
        if (_owner.Personality.Transactions.VehicleStaysAsleep && _transaction is not null && Path.Vehicle is { } vehicle)
            vehicle.Suspended = true;
        _authorization = null;
        Settle(cause);
    }

    /// <summary>After power came back: what is plugged in counts as plugged in now.</summary>
    public void Wake()
    {
        _points = TxPoints.None;
        StartItself();
        Settle(Cause.PluggedIn);
    }

    /// <summary>Ends everything at once, whatever the stop points are.</summary>
    public void Halt(Cause cause)
    {
        _authorization = null;
        Path.Open();
        if (_transaction is not null)
            End(cause);
        _points = Reached();
    }

    private void StartItself()
    {
        if (Plugged && _owner.Personality.Transactions.StartsAtPlugIn is { } own)
            _authorization ??= new Authorization(new IdToken(own, "Central"), null, null, DateTimeOffset.MaxValue);
    }

    public JsonObject Save() => new() { ["energyWh"] = Path.EnergyWh, ["operative"] = Operative, ["transaction"] = _transaction?.Save() };

    public void Load(JsonObject saved)
    {
        Path.EnergyWh = saved.Number("energyWh");
        Operative = saved["operative"]!.GetValue<bool>();
        if (!Operative)
            ConnectorStatus = "Unavailable";
        if (saved.MaybePart("transaction") is { } lost)
            TellLost(new Transaction(lost.Text("id"), _owner.Now, lost.Whole("seqNo")));
    }
}
