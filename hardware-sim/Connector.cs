using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// One connector: vehicle, transaction, energy, and the status that follows from them (OCPP 1.6 section 4.9). Not safe for several
/// threads; its charge point guards it.
/// </summary>
internal sealed partial class Connector
{
    private readonly SimulatedChargePoint _owner;
    private readonly PowerPath _path;
    private Transaction? _transaction;
    private string? _fault;
    private string? _awaitedTag;
    private JsonObject? _awaitedProfile;
    private DateTimeOffset _awaitedUntil;
    private bool _finishing;
    private double _sinceSample;
    private double _powerBeforeStop;

    /// <summary>A transaction; its id is known once the central system has answered.</summary>
    private sealed class Transaction(string idTag, DateTimeOffset start)
    {
        public string IdTag => idTag;
        public DateTimeOffset Start => start;
        public int? Id { get; set; }
    }

    public Connector(SimulatedChargePoint owner, int id, ConnectorOptions options)
    {
        _owner = owner;
        _path = new PowerPath(options);
        Id = id;
        Status = _path.Vehicle is null ? "Available" : "Preparing";
    }

    public int Id { get; }

    public string Status { get; private set; }

    public double EnergyWh
    {
        get => _path.EnergyWh;
        set => _path.EnergyWh = value;
    }

    public bool Available { get; private set; } = true;

    public int? ReservationId { get; private set; }

    public int? TransactionId => _transaction?.Id;

    public bool Busy => _transaction is not null;

    public bool Stepping => _transaction is not null || _awaitedTag is not null;

    public ConnectorSnapshot Snapshot => new(Id, Status, _path.Vehicle is not null, _transaction?.Id?.ToString(CultureInfo.InvariantCulture), _path.CurrentA, _path.PowerKw, LimitNow(), EnergyWh, _path.Vehicle?.StateOfCharge);

    private ConnectorOptions Options => _path.Options;

    public double RatedCurrent => Options.RatedCurrent;

    public int Phases => Options.Phases;

    public double Voltage => Options.Voltage;

    public void PlugIn(VehicleOptions options)
    {
        if (_path.Vehicle is not null)
            return;
        _path.Vehicle = new Vehicle(options);
        if (_awaitedTag is { } tag && _owner.Now <= _awaitedUntil)
            Start(tag, _awaitedProfile);
        _awaitedTag = null;
        if (_owner.Personality.Transactions.StartsAtPlugIn is { } own)
            Start(own);
        Settle();
    }

    public void Unplug()
    {
        if (_transaction is not null)
            Stop("EVDisconnected");
        _path.Vehicle = null;
        _finishing = false;
        Settle();
    }

    public void Fault(string? errorCode, bool endsTransaction = true)
    {
        _fault = errorCode;
        if (errorCode is not null && endsTransaction)
            Stop("Other");
        Settle();
    }

    public void SetAvailable(bool available)
    {
        Available = available;
        Settle();
    }

    public void Reserve(int? reservationId)
    {
        ReservationId = reservationId;
        Settle();
    }

    public void SuspendVehicle(bool suspended)
    {
        if (_path.Vehicle is not null)
            _path.Vehicle.Suspended = suspended;
        Settle();
    }

    /// <summary>Whether a remote start can be taken now; without a vehicle it waits for one.</summary>
    public bool RemoteStart(string idTag, JsonObject? profile, int connectionTimeOut)
    {
        if (_transaction is not null || _fault is not null || !Available)
            return false;
        if (_path.Vehicle is null)
        {
            _awaitedTag = idTag;
            _awaitedProfile = profile;
            _awaitedUntil = _owner.Now + TimeSpan.FromSeconds(connectionTimeOut);
            return true;
        }
        if (_owner.Personality.Transactions.AuthorizesRemoteStart)
            _owner.After(() => StartAuthorized(idTag, profile));
        else
            _owner.After(() => Start(idTag, profile));
        return true;
    }

    /// <summary>A card was presented: starts, or stops what the same card started.</summary>
    public void Present(string idTag)
    {
        if (_transaction is { } running)
        {
            if (running.IdTag == idTag)
                Stop("Local");
        }
        else if (_path.Vehicle is not null && _fault is null && Available)
        {
            StartAuthorized(idTag, null);
        }
    }

    private void StartAuthorized(string idTag, JsonObject? profile) =>
        _owner.Tell("Authorize", () => new JsonObject { ["idTag"] = idTag }, keep: false, answer =>
        {
            if (answer["idTagInfo"]?["status"]?.GetValue<string>() == "Accepted")
                Start(idTag, profile);
        });

    public void StartLocally(string idTag)
    {
        if (_fault is null && Available)
            Start(idTag);
    }

    /// <summary>What a power cut must not lose of a running transaction; null = none runs.</summary>
    public JsonObject? SaveTransaction() => _transaction is { Id: { } id } running ? new JsonObject { ["id"] = id, ["idTag"] = running.IdTag } : null;

    public void Stop(string reason)
    {
        if (_transaction is not { } ending)
            return;
        TransactionHabits habits = _owner.Personality.Transactions;
        _powerBeforeStop = _path.PowerKw;
        _transaction = null;
        _finishing = true;
        _path.Open();
        if (habits.VehicleStaysAsleep && _path.Vehicle is not null)
            _path.Vehicle.Suspended = true;
        double register = Math.Round(EnergyWh);
        DateTimeOffset now = _owner.Now;
        _owner.Tell("StopTransaction", () => new JsonObject
        {
            ["transactionId"] = ending.Id ?? -1,
            ["idTag"] = ending.IdTag,
            ["meterStop"] = (int)register,
            ["timestamp"] = Wire(now),
            ["reason"] = reason,
        }, keep: true);
        if (habits.MeterValuesAfterStop)
            TellMeterValues("Transaction.End", keep: true, ending);
        if (_owner.Personality.Limits.LostAtTransactionEnd)
            _owner.Profiles.ForgetAll();
        _owner.Profiles.ForgetTransactions(Id);
        _owner.Save();
        Settle();
    }

    /// <summary>Lets time pass: current, energy, battery, samples.</summary>
    public void Step(TimeSpan passed, double scale)
    {
        if (_awaitedTag is not null && _owner.Now > _awaitedUntil)
            _awaitedTag = null;
        if (_transaction is null)
            return;
        _path.Pass(passed, scale);
        Settle();
        if (_transaction is { } running)
            _owner.OnRunning(_owner.Now - running.Start);
        _sinceSample += passed.TotalSeconds;
        int interval = _owner.SampleInterval;
        if (interval > 0 && _sinceSample >= interval)
        {
            _sinceSample = 0;
            TellMeterValues("Sample.Periodic", keep: true);
        }
    }

    /// <summary>Brings current and status in line with everything else, and tells a status that changed.</summary>
    public void Settle()
    {
        double limit = LimitNow();
        if (limit <= 0 && _transaction is not null && _owner.Personality.Limits.ZeroEndsTransaction)
        {
            Stop("Other");
            return;
        }
        if (_transaction is null)
            _path.Open();
        else
            _path.Draw(limit);
        string status =
            _fault is not null ? "Faulted"
            : !Available && _transaction is null ? "Unavailable"
            : _transaction is not null ? !PowerPath.Offers(limit) ? "SuspendedEVSE" : _path.WantedCurrent <= 0 ? "SuspendedEV" : "Charging"
            : _path.Vehicle is not null ? _finishing ? "Finishing" : "Preparing"
            : ReservationId is not null ? "Reserved"
            : "Available";
        if (status == Status)
            return;
        bool resumed = status == "Charging" && Status == "SuspendedEVSE";
        Status = status;
        if (resumed && _owner.Personality.Limits.ForgottenOnResume)
            _owner.Profiles.ForgetAll();
        TellStatus();
    }

    /// <summary>A per phase allowed now: the lower of rating and profiles, as far as it can be signalled.</summary>
    public double LimitNow()
    {
        LimitHabits habits = _owner.Personality.Limits;
        double limit = Math.Min(Options.RatedCurrent, Math.Round(
            _owner.Profiles.LimitOf(Id, _transaction is null ? null : _transaction.Id ?? 0, _transaction?.Start, _owner.Now, Options.Voltage, Options.Phases), 3));
        if (limit <= 0 && habits.ZeroIsIgnored)
            return Options.RatedCurrent;
        return habits.Steps.Count == 0 ? limit : habits.Steps.Where(step => step <= limit).DefaultIfEmpty(0).Max();
    }

    private void Start(string idTag, JsonObject? profile = null)
    {
        if (_transaction is not null || _path.Vehicle is null)
            return;
        DateTimeOffset now = _owner.Now;
        var starting = new Transaction(idTag, now);
        _transaction = starting;
        if (profile is not null)
            _owner.Profiles.SetForStart(Id, profile, now);
        _finishing = false;
        _sinceSample = 0;
        ReservationId = null;
        if (_owner.Personality.Meter.RegisterPerTransaction)
            EnergyWh = 0;
        int register = (int)Math.Round(EnergyWh);
        _owner.Tell("StartTransaction", () => new JsonObject
        {
            ["connectorId"] = Id,
            ["idTag"] = idTag,
            ["meterStart"] = register,
            ["timestamp"] = Wire(now),
        }, keep: true, answer =>
        {
            starting.Id = answer["transactionId"]?.GetValue<int>();
            _owner.Save();
        });
        Settle();
    }
}
