using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>The charge point's side towards registry and store: boot, connectors, transactions, what is learned.</summary>
public sealed partial class ChargePoint
{
    private const int MaxConnectors = 64;

    /// <summary>Stores what a boot told and says what to answer (OCPP 1.6 section 4.2); a store that is away does not delay it.</summary>
    public Admission Boot(IChargePointSession session, BootData boot)
    {
        ChargePointRecord? record = Record;
        if (record is null)
            return Admission.Rejected;
        LearnFromBoot(session);
        BootData? before = record.Boot;
        if (before is null || before with { At = boot.At } != boot)
        {
            if (before is not null && !IsSameDevice(before, boot))
                Learn(static _ => new LearnedBehaviour());
            if (before is not null && BootChange.Describe(before, boot) is { } change)
                TellHardwareChanged(change);
            _ = ChangeRecordAsync(r => r with { Boot = boot });
        }
        Station.Distrust();
        foreach (Charger charger in _chargers.Values)
        {
            Notify(charger, "boot", boot.FirmwareVersion);
            charger.Cap.Distrust();
        }
        return record.Admission;
    }

    /// <summary>Judges a presented id token: this service's own tag, the operator's list, the policy (charger behaviour, section 4).</summary>
    public (IdTokenStatus Status, string? ParentId) Authorize(string idTag) =>
        idTag.StartsWith(IdTag, StringComparison.OrdinalIgnoreCase) ? (IdTokenStatus.Accepted, null) : _services.IdTokens.Judge(idTag);

    /// <summary>Opens a transaction durably; the same message again gives the same id (faults P13).</summary>
    /// <exception cref="StorageUnavailableException">Not durable: the charge point must keep and repeat it.</exception>
    public Task<long> OpenTransactionAsync(int connectorId, string idTag, DateTimeOffset startedAt, double meterStartWh, CancellationToken cancellationToken) =>
        FencedAsync(generation => _services.Store.OpenTransactionAsync(
            new NewTransaction(Id, connectorId, idTag, startedAt, meterStartWh, _services.Time.GetUtcNow()) { Generation = generation }, cancellationToken));

    /// <summary>Opens or finds a transaction that the station numbers itself, durably.</summary>
    /// <exception cref="StorageUnavailableException">Not durable: the station must keep and repeat it.</exception>
    public Task<StationTransaction> OpenStationTransactionAsync(
        string stationId, int connectorId, string idTag, DateTimeOffset startedAt, double meterStartWh, CancellationToken cancellationToken) =>
        FencedAsync(generation => _services.Store.OpenStationTransactionAsync(
            new NewTransaction(Id, connectorId, idTag, startedAt, meterStartWh, _services.Time.GetUtcNow()) { Generation = generation }, stationId, cancellationToken));

    /// <summary>Closes a transaction durably, or puts the message into quarantine; positive either way (faults P16, P17).</summary>
    /// <exception cref="StorageUnavailableException">Not durable: the charge point must keep and repeat it.</exception>
    public Task<StopOutcome> CloseTransactionAsync(TransactionStop stop, CancellationToken cancellationToken) =>
        FencedAsync(generation => _services.Store.CloseTransactionAsync(stop with { Generation = generation }, cancellationToken));

    /// <summary>Closes a transaction that its charge point seems to have forgotten; false = it had ended before.</summary>
    /// <exception cref="StorageUnavailableException">It was not done.</exception>
    internal Task<bool> CloseInferredAsync(long transactionId, DateTimeOffset at, string reason, CancellationToken cancellationToken) =>
        FencedAsync(generation => _services.Store.CloseInferredAsync(new InferredEnd(Id, transactionId, at, reason) { Generation = generation }, cancellationToken));

    /// <summary>The connector on which this transaction runs as far as the live state knows; null = none.</summary>
    public int? ConnectorOf(string transactionId)
    {
        foreach (Charger charger in _chargers.Values)
        {
            if (charger.State.Transaction?.Id == transactionId)
                return charger.ConnectorId;
        }
        return null;
    }

    /// <summary>The connector on which this transaction was started a while ago and not ended since; null = none.</summary>
    public int? PastConnectorOf(string transactionId)
    {
        foreach (Charger charger in _chargers.Values)
        {
            if (charger.Transactions.Past?.Id == transactionId)
                return charger.ConnectorId;
        }
        return null;
    }

    /// <summary>The one transaction that runs on this charge point; null = none, or more than one.</summary>
    public (int ConnectorId, OpenTransaction Transaction)? OnlyTransaction()
    {
        (int, OpenTransaction)? only = null;
        foreach (Charger charger in _chargers.Values)
        {
            if (charger.State.Transaction is not { } transaction)
                continue;
            if (only is not null)
                return null;
            only = (charger.ConnectorId, transaction);
        }
        return only;
    }

    /// <summary>Whether this service asked for the end of this transaction.</summary>
    public bool AskedToStop(int connectorId, string transactionId) => FindCharger(connectorId)?.Commands.AskedToStop(transactionId) ?? false;

    /// <summary>
    /// Whether the session of a transaction that ended is held: this service, or somebody by remote, asked for its end or held it,
    /// and the charger is not known to want the vehicle unplugged before it charges again.
    /// </summary>
    /// <param name="reason">The charge point's own word for why (OCPP 1.6 section 7.36, Reason).</param>
    public bool EndedByService(int connectorId, string transactionId, string? reason)
    {
        Charger? charger = FindCharger(connectorId);
        bool held = (charger?.State.Held == true || charger?.Commands.Hold.AskedToHold(transactionId) == true) && !SessionHold.ByHand(reason);
        return (held || reason == "Remote" || AskedToStop(connectorId, transactionId)) && Learned.NeedsUnplug != true;
    }

    /// <summary>Whether a transaction of this tag is being waited for on this connector, so that a start is one of now.</summary>
    public bool AskedToStart(int connectorId, string idTag) =>
        FindCharger(connectorId)?.Commands.IsStarting == true && idTag.StartsWith(IdTag, StringComparison.OrdinalIgnoreCase);

    /// <summary>A stop was put into quarantine: told as an event of the connector, or of the first one where it names none.</summary>
    public void NotifyQuarantined(long transactionId)
    {
        if (_chargers.Values.FirstOrDefault() is { } charger)
            Notify(charger, "stopQuarantined", transactionId.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Another device uses this identity: told once, as an event of each of its chargers (faults P9).</summary>
    private void TellHardwareChanged(string change)
    {
        LogHardwareChanged(Id, change);
        foreach (Charger charger in _chargers.Values)
            Notify(charger, "hardwareChanged", change);
    }

    /// <summary>Makes sure that connectors 1 to <paramref name="count"/> have a device.</summary>
    public async Task EnsureConnectorsAsync(int count)
    {
        if (Record is not { } record || count is < 1 or > MaxConnectors || record.Devices.Length >= count)
            return;
        await ChangeRecordAsync(r => WithConnectors(r, count));
    }

    private sealed record Grown(ChargePointRecord Record);

    /// <summary>The record with a device for each connector up to <paramref name="count"/>; existing ids are kept.</summary>
    public static ChargePointRecord WithConnectors(ChargePointRecord record, int count)
    {
        List<DeviceRecord> devices = [.. record.Devices];
        for (int connector = 1; connector <= count; connector++)
        {
            if (!devices.Exists(device => device.ConnectorId == connector))
                devices.Add(new DeviceRecord(DeviceId.For(record.Id, connector), connector));
        }
        return record with { Devices = [.. devices.OrderBy(device => device.ConnectorId)] };
    }

    /// <summary>The registry changed: chargers for new connectors, caps to look at again.</summary>
    public void OnRecordChanged()
    {
        if (Record is { } record)
            Post(new Grown(record));
    }

    /// <summary>Ends when the chargers know what the registry holds and what was learned.</summary>
    internal ValueTask ApplyRecordAsync() => Record is { } record ? PostAsync(new Grown(record)) : ValueTask.CompletedTask;

    private async Task AdoptConnectorsAsync(IChargePointSession session, int connectorId, Report report)
    {
        await EnsureConnectorsAsync(connectorId);
        if (Record?.Devices.Any(device => device.ConnectorId == connectorId) == true && ReferenceEquals(Session, session))
            Post(report);
    }

    private async Task ChangeRecordAsync(Func<ChargePointRecord, ChargePointRecord> change)
    {
        try
        {
            await _services.Directory.ChangeAsync(Id, record => record is null ? null : change(record), CancellationToken.None);
            OnRecordChanged();
        }
        catch (StorageUnavailableException e)
        {
            LogNotRemembered(Id, e.Message);
        }
        catch (Exception e)
        {
            LogItemFailed(e, Id, nameof(ChangeRecordAsync));
        }
    }

    /// <summary>Adds a charger for each device that has none, remembering its last state and its open transaction.</summary>
    private void Grow(ChargePointRecord record)
    {
        Station.Ensure();
        if (_link is { Prepared: true } used && Foreign.MayClear)
            _ = Foreign.AdoptAsync(used.Session, used.Life.Token);
        foreach (DeviceRecord device in record.Devices)
        {
            ChargerRating rating = RatingOf(record);
            if (_chargers.TryGetValue(device.ConnectorId, out Charger? known) && known.DeviceId == device.Id)
            {
                if (known.State.Rating != rating)
                    OnReport(new Report(null, device.ConnectorId, new RatingChanged(_services.Time.GetUtcNow(), rating)));
                known.Cap.Ensure();
                continue;
            }
            TransactionRecord? open = _memory.OpenTransactions.FirstOrDefault(t => t.ConnectorId == device.ConnectorId);
            ChargerSnapshot? last = _memory.LastSnapshots.GetValueOrDefault(device.Id.Value);
            ChargerState state = ChargerState.Recall(device.Id, last, open is null ? null : Remembered(open, last)) with { Rating = rating };
            if (known is not null)
                state = known.State with { DeviceId = device.Id, Rating = rating };
            else if (_link is { } link)
                state = state with { Sequence = Math.Max(state.Sequence, link.Session.Generation << 32) };
            var charger = new Charger(this, device.ConnectorId, state);
            _chargers = _chargers.SetItem(device.ConnectorId, charger);
            if (_link is not null)
            {
                Tell(observer => observer.OnLinkChanged(charger));
                charger.Cap.Ensure();
            }
        }
    }

    private OpenTransaction Remembered(TransactionRecord open, ChargerSnapshot? last)
    {
        LearnedBehaviour habits = Learned;
        bool unasked = habits.TransactionStarts == TransactionStart.AtPlugIn && open.IdTag.Length == 0;
        bool stopped = habits.TransactionEnds == TransactionEnd.AtPlugOut && last is { HeldByService: true, ReportedStatus: nameof(ConnectorStatus.Preparing) };
        return new OpenTransaction(
            open.StationId ?? open.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), open.IdTag, open.StartedAt, open.MeterStartWh / 1000,
            Waiting: unasked || stopped);
    }

    private ChargerRating RatingOf(ChargePointRecord record) => new(
        record.Configuration.RatedPowerKw ?? Learned.RatedPowerKw,
        record.Configuration.Phases ?? Learned.Phases,
        record.Configuration.NominalVoltage ?? 230);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId}: not remembered, storage is away: {Reason}")]
    private partial void LogNotRemembered(ChargePointId chargePointId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId} is other hardware than before: {Change}")]
    private partial void LogHardwareChanged(ChargePointId chargePointId, string change);

    [LoggerMessage(Level = LogLevel.Error, Message = "Charge point {ChargePointId}: setting up the link failed")]
    private partial void LogSetupFailed(Exception exception, ChargePointId chargePointId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Charge point {ChargePointId}, connector {ConnectorId}: keeping the cap failed")]
    private partial void LogCapFailed(Exception exception, ChargePointId chargePointId, int connectorId);

    internal void OnSetupFailed(Exception exception) => LogSetupFailed(exception, Id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId}, device {DeviceId}: above its cap, {What}; it gets it again")]
    private partial void LogCapDrifted(ChargePointId chargePointId, DeviceId deviceId, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId}, device {DeviceId}: the cap is not in force: {Why}")]
    private partial void LogCapRefused(ChargePointId chargePointId, DeviceId deviceId, string why);

    internal void OnCapDrifted(Charger charger, string what)
    {
        ChargersMetrics.CapDrifts.Add(1);
        LogCapDrifted(Id, charger.DeviceId, what);
        Notify(charger, "capDrifted", what);
    }

    internal void OnCapRefused(Charger charger, string notice, string why)
    {
        ChargersMetrics.CapRefusals.Add(1);
        LogCapRefused(Id, charger.DeviceId, why);
        Notify(charger, notice, why);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Charge point {ChargePointId}, device {DeviceId}: limits of other systems cleared: {What}")]
    private partial void LogForeignCleared(ChargePointId chargePointId, DeviceId deviceId, string what);

    /// <summary>Told when something went, or when it could not be cleared.</summary>
    internal void OnForeignCleared(Charger charger, ForeignClearing end)
    {
        string? what = end.Cleared ?? (end.Status == CallStatus.Accepted ? null : $"nothing, {end.Status}");
        if (what is null)
            return;
        LogForeignCleared(Id, charger.DeviceId, what);
        Notify(charger, "foreignLimitsCleared", what);
    }

    internal void OnCapFailed(Charger charger, Exception exception) => LogCapFailed(exception, Id, charger.ConnectorId);
}
