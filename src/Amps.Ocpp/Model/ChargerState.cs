namespace Amps.Ocpp.Model;

/// <summary>
/// Everything known of one charger, immutable; changed only by <see cref="Apply"/>, in one place, in the order in which
/// facts arrive. Canonical meanings (canonical API, section 4) are derived here and nowhere else.
/// </summary>
public sealed record ChargerState
{
    /// <summary>Below this a charger counts as not delivering energy, kW.</summary>
    public const double FlowThresholdKw = 0.1;

    /// <summary>A charger whose measurements are further ahead of our clock has a wrong one: their order then says nothing.</summary>
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Charge points tell whole seconds.</summary>
    private static readonly TimeSpan s_clockResolution = TimeSpan.FromSeconds(1);

    public required DeviceId DeviceId { get; init; }

    public ConnectorStatus Reported { get; init; }

    /// <summary>When <see cref="Reported"/> last changed, our time; default = not since the start.</summary>
    public DateTimeOffset ReportedSince { get; init; }

    /// <summary>When its status was last told, our time; default = not since the start.</summary>
    public DateTimeOffset StatusAt { get; init; }

    public string? ErrorCode { get; init; }

    /// <summary>A vehicle is plugged in, as last told; statuses that do not say (faulted, reserved) leave it as it was.</summary>
    public bool Plugged { get; init; }

    public OpenTransaction? Transaction { get; init; }

    /// <summary>The last transaction that ended: its closing meter values must not revive it (quirk Q42).</summary>
    public string? LastEndedTransactionId { get; init; }

    /// <summary>The session is held by an <c>idle</c> of this service.</summary>
    public bool Held { get; init; }

    /// <summary>The newest meter values, merged; null before the first.</summary>
    public MeterSample? Meter { get; init; }

    /// <summary>The limit last accepted by the charger, kW; null = none of ours.</summary>
    public double? AppliedCapKw { get; init; }

    /// <summary>Phases that the cap in force is for; null = those of the installation.</summary>
    public int? AppliedCapPhases { get; init; }

    public ChargerRating Rating { get; init; } = new(null, null);

    /// <summary>When the charger itself last told something; default = never.</summary>
    public DateTimeOffset ObservedAt { get; init; }

    public long Sequence { get; init; }

    public bool EverHeard => ObservedAt != default;

    /// <summary>Energy is offered inside a running transaction.</summary>
    public bool EnergyOffered => Transaction is not null && !Held && Reported is ConnectorStatus.Charging or ConnectorStatus.SuspendedEV;

    /// <summary>Energy flows, as measured; without any measurement as the status says.</summary>
    public bool IsCharging => Reported switch
    {
        ConnectorStatus.Charging => (PowerKw ?? 1) >= FlowThresholdKw,
        ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE => PowerKw >= FlowThresholdKw,
        _ => FlowsDespiteStatus,
    };

    /// <summary>Some say available or preparing while a transaction delivers energy (quirk Q45): what is measured counts.</summary>
    private bool FlowsDespiteStatus => Transaction is not null && PowerKw >= FlowThresholdKw
        && Reported is ConnectorStatus.Available or ConnectorStatus.Preparing or ConnectorStatus.Finishing or ConnectorStatus.Unknown;

    /// <summary>Measured kW; 0 where no transaction runs, since nothing flows then (quirks Q87, Q88).</summary>
    public double? PowerKw => Reported switch
    {
        ConnectorStatus.Charging or ConnectorStatus.Unknown => Meter?.PowerKw,
        ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE => Meter?.PowerKw ?? 0,
        _ => Transaction is null ? 0 : Meter?.PowerKw,
    };

    public ChargerStatus Status => Reported switch
    {
        ConnectorStatus.Faulted => ChargerStatus.Faulted,
        ConnectorStatus.Unavailable => ChargerStatus.Unavailable,
        ConnectorStatus.Reserved => ChargerStatus.Reserved,
        _ when Held && Plugged && !(PowerKw >= FlowThresholdKw) => ChargerStatus.Paused,
        _ when FlowsDespiteStatus => ChargerStatus.Charging,
        ConnectorStatus.Available => ChargerStatus.Available,
        // Some stay suspended for minutes after they have begun to deliver again (quirk Q54).
        ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE => IsCharging && !Held ? ChargerStatus.Charging : ChargerStatus.Paused,
        ConnectorStatus.Charging => AppliedCapKw == 0 && (PowerKw ?? 1) < FlowThresholdKw ? ChargerStatus.Paused : ChargerStatus.Charging,
        ConnectorStatus.Finishing => ChargerStatus.Finishing,
        ConnectorStatus.Preparing => ChargerStatus.Preparing,
        _ when Transaction is not null => ChargerStatus.Charging,
        _ => ChargerStatus.Available,
    };

    /// <summary>A per phase that may be drawn now: the lower of the rating and the cap in force.</summary>
    public double? MaxCurrent
    {
        get
        {
            double? rated = Rating.CurrentPerPhase ?? Meter?.OfferedCurrentA;
            double? cap = AppliedCapKw is { } kw ? ChargeRate.ToAmperes(kw, AppliedCapPhases ?? Rating.Phases, Rating.NominalVoltage, null) : null;
            return (rated, cap) switch
            {
                ({ } r, { } c) => Math.Min(r, c),
                ({ } r, null) => r,
                _ => cap,
            };
        }
    }

    /// <summary>The state after a fact. Pure: the same state and fact give the same result.</summary>
    public ChargerState Apply(ChargerEvent fact)
    {
        ChargerState next = fact switch
        {
            StatusReported status => ApplyStatus(status),
            MeterReported meter => ApplyMeter(meter),
            TransactionOpened opened => this with
            {
                Transaction = opened.Transaction,
                Held = false,
                Plugged = Plugged || opened.Plugged,
                // What was measured before it says nothing of it.
                Meter = Meter?.PowerTimestamp >= opened.Transaction.StartedAt ? Meter : Meter?.RegistersOnly(),
                ObservedAt = opened.At,
            },
            TransactionAuthorised authorised => ApplyAuthorised(authorised),
            TransactionClosed closed => ApplyClosed(closed),
            HoldChanged hold => this with { Held = hold.Held, Meter = hold is { Held: true, Stopped: true } ? Meter?.WithoutFlow() : Meter },
            CapApplied cap => this with { AppliedCapKw = cap.Kilowatts, AppliedCapPhases = cap.Phases },
            RatingChanged rating => this with { Rating = rating.Rating },
            _ => this,
        };
        return next with { Sequence = Sequence + 1 };
    }

    private ChargerState ApplyStatus(StatusReported status)
    {
        bool plugged = status.Status switch
        {
            ConnectorStatus.Available => false,
            ConnectorStatus.Preparing or ConnectorStatus.Charging or ConnectorStatus.SuspendedEV
                or ConnectorStatus.SuspendedEVSE or ConnectorStatus.Finishing => true,
            _ => Plugged,
        };
        bool suspended = status.Status is ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE;
        bool resumed = status.Status == ConnectorStatus.Charging && Reported is ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE;
        bool left = Reported == ConnectorStatus.Charging && status.Status is ConnectorStatus.Available or ConnectorStatus.Preparing or ConnectorStatus.Finishing;
        return this with
        {
            Reported = status.Status,
            StatusAt = status.At,
            ReportedSince = status.Status == Reported && ReportedSince != default ? ReportedSince : status.At,
            ErrorCode = status.ErrorCode,
            Plugged = plugged,
            // A session lives from plug-in to plug-out.
            Held = Held && plugged,
            // Nothing flows while it is suspended, whatever was measured before; once it resumes or leaves, nobody has measured yet.
            Meter = suspended && status.Status != Reported ? Meter?.WithoutFlow()
                : left || (resumed && Meter is { PowerKw: 0 }) ? Meter?.RegistersOnly() : Meter,
            ObservedAt = status.At,
        };
    }

    private ChargerState ApplyMeter(MeterReported meter)
    {
        MeterSample sample = meter.Sample;
        // Closing values of a dead transaction, and what was measured before the status changed, say nothing of now (quirks Q42, Q88).
        bool ended = Transaction is null && meter.TransactionId is { } id && id == LastEndedTransactionId;
        bool before = Reported is not (ConnectorStatus.Charging or ConnectorStatus.Unknown) && ReportedSince - sample.Timestamp > s_clockResolution;
        if (ended || before)
            sample = sample.RegistersOnly();
        bool late = Meter?.Timestamp is { } known && sample.Timestamp < known && known <= meter.At + s_clockTolerance;
        return this with { Meter = late ? Meter!.Over(sample) : sample.Over(Meter), ObservedAt = meter.At };
    }

    private ChargerState ApplyAuthorised(TransactionAuthorised authorised)
    {
        if (Transaction is not { } running || running.Id != authorised.TransactionId)
            return this with { ObservedAt = authorised.At };
        return this with
        {
            Transaction = running with { Waiting = authorised.Waiting, IdTag = authorised.IdTag ?? running.IdTag },
            Held = authorised.Waiting && (authorised.ByService || Held) && Plugged,
            ObservedAt = authorised.At,
        };
    }

    private ChargerState ApplyClosed(TransactionClosed closed)
    {
        if (Transaction is null || Transaction.Id != closed.TransactionId)
            return this with { ObservedAt = closed.At };
        return this with
        {
            Transaction = null,
            // What was only taken for ended may show that it goes on.
            LastEndedTransactionId = closed.Reason == TransactionClosed.Inferred ? LastEndedTransactionId : closed.TransactionId,
            Held = closed.ByService && Plugged,
            Meter = Meter is null ? null : Meter.WithoutFlow() with { EnergyImportKwh = closed.MeterStopKwh ?? Meter.EnergyImportKwh },
            ObservedAt = closed.At,
        };
    }

    /// <summary>The canonical snapshot, as published, cached and kept.</summary>
    public ChargerSnapshot ToSnapshot(string node) => new()
    {
        DeviceId = DeviceId.Value,
        Status = Status,
        IsConnected = Plugged || FlowsDespiteStatus,
        IsCharging = IsCharging,
        CurrentPower = PowerKw is { } kw ? Math.Round(kw, 3) : null,
        MaxCurrent = MaxCurrent,
        PowerRateLimit = Rating.PowerKw,
        TransactionId = Transaction?.Id,
        HeldByService = Held,
        ReportedStatus = Reported == ConnectorStatus.Unknown ? null : Reported.ToString(),
        ErrorCode = ErrorCode,
        EnergyRegister = Meter?.EnergyImportKwh,
        StateOfCharge = Meter?.StateOfChargePercent,
        AppliedCap = AppliedCapKw,
        ObservedAt = ObservedAt,
        Node = node,
        Sequence = Sequence,
    };

    /// <summary>What is known again after a restart, from the last snapshot and the open transaction.</summary>
    public static ChargerState Recall(DeviceId device, ChargerSnapshot? snapshot, OpenTransaction? transaction) => new()
    {
        DeviceId = device,
        Transaction = transaction,
        Reported = Enum.TryParse(snapshot?.ReportedStatus, out ConnectorStatus reported) ? reported : ConnectorStatus.Unknown,
        ErrorCode = snapshot?.ErrorCode,
        Plugged = snapshot?.IsConnected ?? transaction is not null,
        Held = snapshot?.HeldByService ?? false,
        AppliedCapKw = snapshot?.AppliedCap,
        ObservedAt = snapshot?.ObservedAt ?? default,
        Sequence = snapshot?.Sequence ?? 0,
        Meter = snapshot is null ? null : new MeterSample
        {
            PowerKw = snapshot.CurrentPower,
            EnergyImportKwh = snapshot.EnergyRegister,
            StateOfChargePercent = snapshot.StateOfCharge,
        },
        Rating = new ChargerRating(snapshot?.PowerRateLimit, null),
    };
}
