using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Carries out <c>charge</c> and <c>idle</c> on one charger (charger behaviour, section 4): decides from the state, calls, and
/// ends only when the charger's own messages show the effect. It reads state and never writes it.
/// </summary>
internal sealed class CommandRunner(Charger charger)
{
    private volatile PendingCall? _pending;
    private ChargerCommand? _lastCommand;
    private string? _stopAskedFor;
    private volatile bool _starting;

    /// <summary>A start or stop that was sent and whose effect has not been seen.</summary>
    private sealed record PendingCall(ChargerCommand Command, Task<CallAnswerSummary> Answer);

    /// <summary>The limit of zero that holds a session without ending its transaction.</summary>
    public SessionHold Hold { get; } = new(charger);

    private ChargePoint ChargePoint => charger.ChargePoint;

    private TimeProvider Time => ChargePoint.Services.Time;

    /// <summary>Runs one command; the deadline counts from here. A cancelled one changes nothing more.</summary>
    public async Task<CommandOutcome> RunAsync(ChargerCommand command, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(Time, ChargePoint.Services.Options.ConfirmationTimeout, cancellationToken);
        if (!await ChargePoint.WaitReadyAsync(deadline.Left, cancellationToken) || ChargePoint.Session is not { } session)
        {
            return ChargePoint.IsOnline
                ? CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The charger is connected but has not booted.")
                : CommandRefusals.Offline(sent: false);
        }
        await SettleAsync(deadline, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        _lastCommand = command;
        return command == ChargerCommand.Charge
            ? await ChargeAsync(session, deadline, cancellationToken)
            : await IdleAsync(session, deadline, cancellationToken);
    }

    /// <summary>A transaction that starts by our tag although the newest command is <c>idle</c> is stopped again.</summary>
    public void OnTransactionOpened(OpenTransaction transaction)
    {
        // It goes on within the transaction that was stopped before.
        if (_lastCommand == ChargerCommand.Charge && AskedToStop(transaction.Id))
            _stopAskedFor = null;
        if (_lastCommand == ChargerCommand.Idle && transaction.IdTag == ChargePoint.IdTag && ChargePoint.Session is { } session)
        {
            _stopAskedFor = transaction.Id;
            _ = session.StopAsync(transaction.Id, CancellationToken.None);
        }
    }

    /// <summary>A start was sent and its transaction has not been seen.</summary>
    public bool IsStarting => _starting;

    /// <summary>Whether the end of this transaction was asked for by this service.</summary>
    public bool AskedToStop(string transactionId) => _stopAskedFor == transactionId;

    /// <summary>A transaction ended, whoever ended it.</summary>
    public void OnTransactionClosed(TransactionClosed closed) => Hold.OnClosed(closed, stopSent: AskedToStop(closed.TransactionId));

    private async Task<CommandOutcome> ChargeAsync(IChargePointSession session, Deadline deadline, CancellationToken cancellationToken)
    {
        ChargerState state = charger.State;
        if (state.Reported is ConnectorStatus.Faulted or ConnectorStatus.Unavailable)
            return CommandOutcome.Failed(ErrorCodes.ChargerFaulted, $"The charger reports {state.Status.ToString().ToLowerInvariant()}.");
        // Stopped by us and never said to be over (quirk Q45): it is not what the next charge waits for.
        string? ending = state.Transaction is { } open && state.Reported == ConnectorStatus.Finishing && AskedToStop(open.Id) ? open.Id : null;
        if (state.Transaction is { } running && Runs(state) && ending is null)
        {
            return state.Held || state.Reported == ConnectorStatus.SuspendedEVSE
                ? await ResumeAsync(session, running, deadline, cancellationToken)
                : new CommandOutcome(true, "A charging session is already running.", ConfirmedBy: "state", TransactionId: running.Id);
        }

        // Stopped by us, or over and the vehicle still there: the same session is to go on.
        bool resumes = state.Held || state.Reported == ConnectorStatus.Finishing;
        _starting = true;
        try
        {
            Task<CallAnswerSummary> call = session.StartAsync(charger.ConnectorId, ChargePoint.IdTag, charger.Cap.DesiredLimit(null), deadline.Token);
            CallAnswerSummary? answer = await FollowAsync(ChargerCommand.Charge, call, deadline, cancellationToken);
            if (answer is not { Accepted: true })
            {
                return resumes && answer is { Status: CallStatus.Rejected }
                    ? NeedsUnplug(ErrorCodes.CommandRejected, "The charger does not resume this session")
                    : CommandRefusals.Of(answer, "start");
            }
            WaitEnd end = await charger.WaitAsync(
                s => (Runs(s) && s.Transaction?.Id != ending) || Delivers(s, state.Meter) || s.Reported == ConnectorStatus.Faulted, deadline.Left, Time, cancellationToken);
            if (end == WaitEnd.Met && Delivers(charger.State, state.Meter))
                return DeliversInWaiting();
            if (end == WaitEnd.Met && resumes && Runs(charger.State))
                ChargePoint.Learn(static learned => learned with { NeedsUnplug = false });
            return end switch
            {
                WaitEnd.Met when !Runs(charger.State) => CommandOutcome.Failed(ErrorCodes.ChargerFaulted, "The charger accepted the command and went faulted."),
                WaitEnd.Met => new CommandOutcome(true, "The charger has started a charging session.", ConfirmedBy: session.Effects.Started, TransactionId: charger.State.Transaction?.Id),
                WaitEnd.LinkLost => CommandRefusals.Offline(sent: true),
                _ when !charger.State.Plugged => CommandOutcome.Failed(ErrorCodes.VehicleNotConnected, "The charger accepted the command, but no vehicle was plugged in in time."),
                _ when resumes && charger.State.Reported == ConnectorStatus.Finishing =>
                    NeedsUnplug(ErrorCodes.ConfirmationTimeout, "The charger accepted the command and does not resume this session"),
                _ => CommandOutcome.Failed(ErrorCodes.ConfirmationTimeout, "The charger accepted the command, but " + WhyNotStarted()),
            };
        }
        finally
        {
            _starting = false;
        }
    }

    /// <summary>The charger tells no more of the authorisation than the energy that follows it.</summary>
    private CommandOutcome DeliversInWaiting()
    {
        string id = charger.State.Transaction!.Id;
        ChargePoint.Post(charger.ConnectorId, new TransactionAuthorised(Time.GetUtcNow(), id, Waiting: false, ChargePoint.IdTag, ByService: true));
        return new CommandOutcome(true, "The charger has started a charging session.", ConfirmedBy: "MeterValues", TransactionId: id);
    }

    private string WhyNotStarted() => ChargePoint.Learned.TransactionStarts switch
    {
        TransactionStart.WithEnergy when charger.Cap.DesiredLimit(null) is { Kilowatts: 0 } => "it starts no session without energy, and the cap allows none.",
        TransactionStart.WithEnergy => "it starts no session before energy flows, and the vehicle has drawn none in time.",
        TransactionStart.WhenReady => "it starts no session before energy may flow, and the vehicle was not ready in time.",
        _ => "no charging session started in time.",
    };

    /// <summary>A session that this charger ends cannot go on without the vehicle leaving (quirks Q47, Q48): it is held by a limit from now on.</summary>
    private CommandOutcome NeedsUnplug(string code, string what)
    {
        ChargePoint.Learn(static learned => learned with
        {
            NeedsUnplug = true,
            IdleStrategy = learned.EndsOnZeroLimit == true ? IdleStrategy.RemoteStop : IdleStrategy.Hold,
        });
        ChargePoint.Post(charger.ConnectorId, new HoldChanged(Time.GetUtcNow(), false));
        return CommandOutcome.Failed(code, what + ": the vehicle must be unplugged and plugged in again.");
    }

    private async Task<CommandOutcome> IdleAsync(IChargePointSession session, Deadline deadline, CancellationToken cancellationToken)
    {
        ChargerState state = charger.State;
        if (state.Transaction is not { Waiting: false } running)
        {
            return new CommandOutcome(true, state.Held ? "The session is already held." : "No charging session is running: nothing to stop.",
                ConfirmedBy: "state", SessionHeld: state.Held);
        }
        if (state is { Held: true, Status: ChargerStatus.Paused })
            return new CommandOutcome(true, "The session is already held.", ConfirmedBy: "state", TransactionId: running.Id, SessionHeld: true);
        if (Strategy() == IdleStrategy.Hold)
        {
            try
            {
                if (await HoldAsync(session, running, deadline, cancellationToken) is { } held)
                    return held;
            }
            finally
            {
                Hold.Settled();
            }
        }

        _stopAskedFor = running.Id;
        Task<CallAnswerSummary> call = session.StopAsync(running.Id, deadline.Token);
        CallAnswerSummary? answer = await FollowAsync(ChargerCommand.Idle, call, deadline, cancellationToken);
        if (answer is not { Accepted: true })
            return CommandRefusals.Of(answer, "stop");
        WaitEnd end = await charger.WaitAsync(s => s.Transaction?.Id != running.Id || s.Transaction.Waiting, deadline.Left, Time, cancellationToken);
        return end switch
        {
            WaitEnd.Met => Ended(session, running),
            WaitEnd.LinkLost => CommandRefusals.Offline(sent: true),
            _ when charger.State.Reported == ConnectorStatus.Faulted => CommandOutcome.Failed(ErrorCodes.ChargerFaulted, "The charger went faulted and has not ended the transaction."),
            _ => CommandOutcome.Failed(ErrorCodes.ConfirmationTimeout, "The charger accepted the command, but the transaction did not end in time."),
        };
    }

    private CommandOutcome Ended(IChargePointSession session, OpenTransaction running)
    {
        bool held = charger.State.Held;
        if (charger.State.Transaction?.Id == running.Id)
        {
            return new CommandOutcome(true, "The charger has stopped the session; its transaction goes on without energy until the vehicle leaves.",
                ConfirmedBy: session.Effects.Status, TransactionId: running.Id, SessionHeld: held);
        }
        string message = held || !charger.State.Plugged || ChargePoint.Learned.NeedsUnplug != true
            ? "The charger has ended the transaction."
            : "The charger has ended the transaction: to charge again the vehicle must be unplugged and plugged in again.";
        return new CommandOutcome(true, message, ConfirmedBy: session.Effects.Ended, TransactionId: running.Id, SessionHeld: held);
    }

    /// <summary>Holds the session at zero inside the running transaction; null = this charger takes no such limit.</summary>
    private async Task<CommandOutcome?> HoldAsync(IChargePointSession session, OpenTransaction running, Deadline deadline, CancellationToken cancellationToken)
    {
        CallAnswerSummary? answer = await FollowAsync(ChargerCommand.Idle, Hold.SendZeroAsync(session, running, deadline.Token), deadline, cancellationToken);
        if (answer is { Status: CallStatus.Rejected or CallStatus.NotSupported })
            return null;
        if (answer is not { Accepted: true })
            return CommandRefusals.Of(answer, "hold");
        (WaitEnd end, string? by) = await Hold.ConfirmZeroAsync(session, running, deadline, cancellationToken);
        return end switch
        {
            WaitEnd.Met when charger.State.Transaction?.Id != running.Id => Ended(session, running),
            WaitEnd.Met => new CommandOutcome(true, "The session is held without energy.", ConfirmedBy: by, TransactionId: running.Id, SessionHeld: true),
            WaitEnd.LinkLost => CommandRefusals.Offline(sent: true),
            _ => CommandOutcome.Failed(ErrorCodes.ConfirmationTimeout, "The charger accepted the limit, but energy did not stop in time."),
        };
    }

    /// <summary>Lifts a zero hold: the cap goes back first, so that there is no moment without a limit (quirks Q72, Q73).</summary>
    private async Task<CommandOutcome> ResumeAsync(IChargePointSession session, OpenTransaction running, Deadline deadline, CancellationToken cancellationToken)
    {
        LimitRequest limit = charger.Cap.DesiredLimit(running.Id) ?? charger.Cap.Limit(charger.State.Rating.PowerKw ?? CapKeeper.UnknownRatingKw, running.Id);
        // Not held from here on: a charger that begins to draw while its answer is on the way must not get the zero again.
        bool wasHeld = charger.State.Held;
        ChargePoint.Post(charger.ConnectorId, new HoldChanged(Time.GetUtcNow(), false));
        Task<CallAnswerSummary> call = charger.Cap.SetTransactionLimitAsync(session, limit, deadline.Token);
        CallAnswerSummary? answer = await FollowAsync(ChargerCommand.Charge, call, deadline, cancellationToken);
        if (answer is not { Accepted: true })
        {
            if (wasHeld)
                ChargePoint.Post(charger.ConnectorId, new HoldChanged(Time.GetUtcNow(), true));
            return CommandRefusals.Of(answer, "resume");
        }
        if (limit.Kilowatts == 0)
            return new CommandOutcome(true, "The session goes on; its cap allows no energy.", ConfirmedBy: "state", TransactionId: running.Id);
        (WaitEnd end, string? by) = await Hold.ConfirmLiftedAsync(session, deadline, cancellationToken);
        return end switch
        {
            WaitEnd.Met => new CommandOutcome(true, "The charger offers energy again.", ConfirmedBy: by, TransactionId: running.Id),
            WaitEnd.LinkLost => CommandRefusals.Offline(sent: true),
            _ => CommandOutcome.Failed(ErrorCodes.ConfirmationTimeout, "The charger accepted the limit, but energy is not offered again."),
        };
    }

    /// <summary>Waits for the effect of a call that a replaced command left on the wire, so that nothing is decided on a state about to change.</summary>
    private async Task SettleAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        if (_pending is not { } pending)
            return;
        try
        {
            CallAnswerSummary answer = await pending.Answer.WaitAsync(deadline.Left, Time, cancellationToken);
            if (answer.Accepted && (pending.Command == ChargerCommand.Idle || charger.State.Plugged))
            {
                bool started = pending.Command == ChargerCommand.Charge;
                await charger.WaitAsync(s => s.Transaction is { Waiting: false } == started || s.Held != started, deadline.Left / 2, Time, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            // Its outcome stays unknown; the new command decides on what is known.
        }
        Interlocked.CompareExchange(ref _pending, null, pending);
    }

    private async Task<CallAnswerSummary?> FollowAsync(ChargerCommand command, Task<CallAnswerSummary> call, Deadline deadline, CancellationToken cancellationToken)
    {
        var pending = new PendingCall(command, call);
        _pending = pending;
        try
        {
            CallAnswerSummary answer = await call.WaitAsync(deadline.Left, Time, cancellationToken);
            Interlocked.CompareExchange(ref _pending, null, pending);
            return answer;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Where a transaction ends without energy there is nothing that a limit of zero could hold.</summary>
    private IdleStrategy Strategy()
    {
        if (ChargePoint.Record is not { } record)
            return ChargePoint.Services.Options.IdleStrategy;
        IdleStrategy? needed = ChargePoint.Learned.TransactionEnds == TransactionEnd.WithEnergy ? IdleStrategy.RemoteStop : null;
        return record.Configuration.IdleStrategy ?? needed ?? ChargePoint.Learned.IdleStrategy ?? ChargePoint.Services.Options.IdleStrategy;
    }

    /// <summary>A transaction runs in which energy may flow, with a vehicle.</summary>
    private static bool Runs(ChargerState state) => state is { Transaction.Waiting: false } and ({ Plugged: true } or { IsCharging: true });

    /// <summary>Energy came into a transaction that waits for its authorisation.</summary>
    private static bool Delivers(ChargerState state, MeterSample? before) =>
        state is { Transaction.Waiting: true, PowerKw: >= ChargerState.FlowThresholdKw } && !ReferenceEquals(state.Meter, before);
}
