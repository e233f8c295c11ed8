using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>
/// One connector: vehicle, transaction, energy, and the status that follows from them (OCPP 1.6 section 4.9). Not safe for several
/// threads; its charge point guards it.
/// </summary>
internal sealed partial class Connector
{
    private const double LowestCurrent = 6;

    private readonly SimulatedChargePoint _owner;
    private readonly ConnectorOptions _options;
    private Vehicle? _vehicle;
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
        _options = options;
        Id = id;
        _vehicle = options.Vehicle is null ? null : new Vehicle(options.Vehicle);
        Status = _vehicle is null ? "Available" : "Preparing";
    }

    public int Id { get; }

    public string Status { get; private set; }

    public double EnergyWh { get; set; }

    public bool Available { get; private set; } = true;

    public int? ReservationId { get; private set; }

    public int? TransactionId => _transaction?.Id;

    public bool Busy => _transaction is not null;

    public bool Stepping => _transaction is not null || _awaitedTag is not null;

    public double CurrentA { get; private set; }

    public ConnectorSnapshot Snapshot => new(Id, Status, _vehicle is not null, _transaction?.Id, CurrentA, PowerKw, LimitNow(), EnergyWh, _vehicle?.StateOfCharge);

    private int UsedPhases => Math.Min(_options.Phases, _vehicle?.Phases ?? _options.Phases);

    private double PowerKw => CurrentA * _options.Voltage * UsedPhases / 1000;

    public double RatedCurrent => _options.RatedCurrent;

    public int Phases => _options.Phases;

    public double Voltage => _options.Voltage;

    public void PlugIn(VehicleOptions options)
    {
        if (_vehicle is not null)
            return;
        _vehicle = new Vehicle(options);
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
        _vehicle = null;
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
        if (_vehicle is not null)
            _vehicle.Suspended = suspended;
        Settle();
    }

    /// <summary>Whether a remote start can be taken now; without a vehicle it waits for one.</summary>
    public bool RemoteStart(string idTag, JsonObject? profile, int connectionTimeOut)
    {
        if (_transaction is not null || _fault is not null || !Available)
            return false;
        if (_vehicle is null)
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
        else if (_vehicle is not null && _fault is null && Available)
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
        _powerBeforeStop = PowerKw;
        _transaction = null;
        _finishing = true;
        CurrentA = 0;
        if (habits.VehicleStaysAsleep && _vehicle is not null)
            _vehicle.Suspended = true;
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
        double hours = passed.TotalHours * scale;
        double wattHours = PowerKw * 1000 * hours;
        EnergyWh += wattHours;
        _vehicle?.Take(wattHours);
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
        bool offered = limit >= LowestCurrent;
        double wanted = _vehicle?.WantedCurrent ?? 0;
        CurrentA = _transaction is not null && offered ? Math.Round(Math.Min(limit, wanted), 2) : 0;
        string status =
            _fault is not null ? "Faulted"
            : !Available && _transaction is null ? "Unavailable"
            : _transaction is not null ? !offered ? "SuspendedEVSE" : wanted <= 0 ? "SuspendedEV" : "Charging"
            : _vehicle is not null ? _finishing ? "Finishing" : "Preparing"
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
        double limit = Math.Min(_options.RatedCurrent, Math.Round(
            _owner.Profiles.LimitOf(Id, _transaction is null ? null : _transaction.Id ?? 0, _transaction?.Start, _owner.Now, _options.Voltage, _options.Phases), 3));
        if (limit <= 0 && habits.ZeroIsIgnored)
            return _options.RatedCurrent;
        return habits.Steps.Count == 0 ? limit : habits.Steps.Where(step => step <= limit).DefaultIfEmpty(0).Max();
    }

    private void Start(string idTag, JsonObject? profile = null)
    {
        if (_transaction is not null || _vehicle is null)
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
