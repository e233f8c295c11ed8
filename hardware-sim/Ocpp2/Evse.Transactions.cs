namespace Amps.HardwareSim.Ocpp2;

/// <summary>When transactions start, change and stop.</summary>
internal sealed partial class Evse
{
    /// <summary>Lets time pass: energy, battery, samples, what expires.</summary>
    public void Step(TimeSpan passed, double scale)
    {
        if (Reservation is { } reservation && _owner.Now >= reservation.Expires)
            _owner.Expire(this, reservation);
        if (_authorization is { } waiting && !Plugged && _owner.Now >= waiting.Until)
            Deauthorize(Cause.NeverPluggedIn);
        if (!Closed && _transaction is null)
            return;
        Path.Pass(passed, scale);
        Settle(Cause.Limit);
        if (_transaction is not { } running)
            return;
        if (Path.CurrentA > 0)
            running.ChargingSeconds += passed.TotalSeconds * scale;
        _owner.OnRunning(_owner.Now - running.Start);
        running.SinceSample += passed.TotalSeconds;
        int interval = _owner.Model.Whole("SampledDataCtrlr.TxUpdatedInterval");
        if (interval > 0 && running.SinceSample >= interval && _transaction == running)
        {
            running.SinceSample = 0;
            TellUpdate("MeterValuePeriodic", "Sample.Periodic");
        }
    }

    /// <summary>Brings current, transaction and status in line with everything else, and tells what changed.</summary>
    /// <param name="cause">What set it off; null = nothing that a transaction needs to name.</param>
    public void Settle(Cause? cause)
    {
        double before = Path.CurrentA;
        Flow();
        TxPoints reached = Reached();
        TxPoints starts = reached & ~_points & _owner.Model.Points("TxCtrlr.TxStartPoint");
        TxPoints stops = _points & ~reached & _owner.Model.Points("TxCtrlr.TxStopPoint");
        _points = reached;
        if (_transaction is null && starts != TxPoints.None && Operative && !Faulted)
            Begin(cause ?? Cause.Vehicle);
        else if (_transaction is not null && stops != TxPoints.None)
            End(cause ?? Cause.Vehicle);
        else if (_transaction is { } running)
            TellChange(running, cause, before);
        TellStatusIfChanged();
        if (_transaction is not null && ChargingState == "SuspendedEVSE" && LimitNow().Amperes <= 0 && _owner.Personality.Limits.ZeroEndsTransaction)
            Halt(Cause.NoEnergy);
    }

    private void Begin(Cause cause)
    {
        var started = new Transaction(Guid.NewGuid().ToString(), _owner.Now);
        if (_authorization is { } allowed)
            started.Authorize(allowed);
        _transaction = started;
        if (_owner.Personality.Meter.RegisterPerTransaction)
            Path.EnergyWh = 0;
        started.State = Plugged ? "EVConnected" : "Idle";
        TellEvent("Started", started, cause, Samples("Transaction.Begin", _owner.Model.List("SampledDataCtrlr.TxStartedMeasurands")));
        Reservation = null;
        TakeProfile(started);
        _owner.Save();
        Flow();
        TellChange(started, null, Path.CurrentA);
    }

    /// <summary>The profile that came with a remote start belongs to the transaction from now on (F01.FR.08).</summary>
    private void TakeProfile(Transaction running)
    {
        if (_authorization?.Profile is not { } profile)
            return;
        profile["transactionId"] = running.Id;
        _owner.Profiles.Set(new InstalledProfile(Id, profile, _owner.Now, "CSO"));
        _authorization = _authorization with { Profile = null };
    }

    private void End(Cause cause)
    {
        Transaction ending = _transaction!;
        _transaction = null;
        _authorization = null;
        Path.Open();
        ending.State = Plugged ? "EVConnected" : "Idle";
        TransactionHabits habits = _owner.Personality.Transactions;
        int? late = habits.EndsBeforeLastUpdate ? ending.TakeSeqNo() : null;
        TellEvent("Ended", ending, cause, Samples("Transaction.End", _owner.Model.List("SampledDataCtrlr.TxEndedMeasurands")));
        if (late is { } seqNo)
            TellEvent("Updated", ending, new Cause("MeterValuePeriodic"), Samples("Sample.Periodic", UpdatedMeasurands), seqNo);
        if (_owner.Personality.Limits.LostAtTransactionEnd)
            _owner.Profiles.ForgetAll();
        _owner.Profiles.ForgetTransaction(ending.Id);
        _points = Reached();
        _owner.Save();
    }

    private void TellChange(Transaction running, Cause? cause, double before)
    {
        string state = ChargingState;
        bool named = cause is not null && cause != Cause.Vehicle && cause != Cause.Limit;
        // An authorization that comes to a running transaction brings its profile.
        if (cause == Cause.RemoteStart || cause == Cause.Authorized)
            TakeProfile(running);
        if (state != running.State || named)
        {
            bool resumed = state == "Charging" && running.State == "SuspendedEVSE";
            running.State = state;
            TellUpdate(named ? cause!.TriggerReason : "ChargingStateChanged", "Other");
            if (resumed && _owner.Personality.Limits.ForgottenOnResume)
                _owner.Profiles.ForgetAll();
        }
        else if (cause == Cause.Limit && state == "Charging" && Math.Abs(Path.CurrentA - before) > before * 0.01)
        {
            TellUpdate(Cause.Limit.TriggerReason, "Other");
        }
    }

    private void Flow()
    {
        Limit limit = LimitNow();
        Path.AllowedPhases = limit.Phases;
        if (Closed)
            Path.Draw(limit.Amperes);
        else
            Path.Open();
    }

    private TxPoints Reached() =>
        (Plugged ? TxPoints.EVConnected : TxPoints.None) | (_authorization is not null ? TxPoints.Authorized : TxPoints.None)
        | (Closed ? TxPoints.PowerPathClosed : TxPoints.None) | (Closed && Path.CurrentA > 0 ? TxPoints.EnergyTransfer : TxPoints.None);
}
