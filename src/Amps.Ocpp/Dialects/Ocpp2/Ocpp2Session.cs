using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>One 2.x link: what the central system asks of the station. What the station says is in the other halves.</summary>
internal sealed partial class Ocpp2Session : OcppSession
{
    private static readonly EffectMessages s_effects = new("TransactionEvent", "TransactionEvent", "TransactionEvent");

    private readonly Ocpp2Release _release;
    private readonly ProfileReports _stored;
    private readonly Ocpp2Limits _limits;
    private readonly Ocpp2Setup _setup;
    private readonly Ocpp2Inventory _inventory;
    private readonly ChargerClock _clock;
    private readonly StatusOrder _statusOrder;
    private int _lastRemoteStart;
    private volatile bool _noTransactionTrigger;

    public Ocpp2Session(OcppSessionContext context, Ocpp2Release release) : base(context, release.Actions, RpcErrorCodes.Ocpp2)
    {
        _release = release;
        _stored = new ProfileReports(this, context.Time);
        _limits = new Ocpp2Limits(context.ChargePoint, this, _stored, context.Time);
        _setup = new Ocpp2Setup(context.ChargePoint, this);
        _inventory = new Ocpp2Inventory(context.ChargePoint, this, _setup, context.Time);
        _clock = new ChargerClock(context.Time);
        _statusOrder = new StatusOrder(this, context.Time);
        _lastRemoteStart = (int)(context.Time.GetUtcNow().ToUnixTimeSeconds() & 0x3FFF_FFFF);
    }

    public override string OcppVersion => _release.Version;

    public override EffectMessages Effects => s_effects;

    public override Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken)
    {
        var request = new RequestStartTransaction(
            connectorId, Interlocked.Increment(ref _lastRemoteStart), new IdToken(idTag, "Central"), limit is null ? null : _limits.ForStart(limit));
        return AskAsync("RequestStartTransaction", Ocpp2Json.Write(request, Ocpp2Json.Default.RequestStartTransaction), cancellationToken);
    }

    public override Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken) =>
        AskAsync("RequestStopTransaction", Ocpp2Json.Write(new RequestStopTransaction(transactionId), Ocpp2Json.Default.RequestStopTransaction), cancellationToken);

    public override Task<CallAnswerSummary> SetLimitAsync(LimitRequest limit, CancellationToken cancellationToken) => _limits.SetAsync(limit, cancellationToken);

    public override Task<CallAnswerSummary> ClearTransactionLimitAsync(int connectorId, CancellationToken cancellationToken) =>
        _limits.ClearAsync(connectorId, cancellationToken);

    public override Task<CallAnswerSummary> SetStationLimitAsync(LimitRequest limit, CancellationToken cancellationToken) =>
        _limits.SetStationAsync(limit, cancellationToken);

    public override Task<CallAnswerSummary> ClearStationLimitAsync(CancellationToken cancellationToken) => _limits.ClearStationAsync(cancellationToken);

    public override Task<ForeignClearing> ClearForeignLimitsAsync(int? connectorId, CancellationToken cancellationToken) =>
        _limits.ClearForeignAsync(connectorId, cancellationToken);

    public override Task<LimitReading?> ReadLimitAsync(int connectorId, bool inWatts, CancellationToken cancellationToken) =>
        _limits.ReadAsync(connectorId, inWatts, cancellationToken);

    public override Task<StoredLimit?> ReadStoredLimitAsync(int connectorId, string? transactionId, CancellationToken cancellationToken) =>
        _limits.ReadStoredAsync(connectorId, transactionId, cancellationToken);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _setup.RunAsync(cancellationToken);
        await _inventory.AskAsync(cancellationToken);
    }

    public override Task SampleFasterAsync(CancellationToken cancellationToken) => _setup.SampleFasterAsync(cancellationToken);

    public override async Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case TriggerKind.Boot:
                return await TriggerAsync("BootNotification", null, cancellationToken);
            case TriggerKind.Status:
                return await AskForStatusAsync(connectorId, since: null, cancellationToken) ?? new CallAnswerSummary(CallStatus.Accepted, Sent: false);
        }
        if (_eventsWithoutSamples && connectorId is { } sampled)
            KeepSampling(sampled);
        // Inside a transaction the samples come with its events, where the station knows that trigger.
        if (!_noTransactionTrigger && !_eventsWithoutSamples && connectorId is { } evse && ChargePoint.FindCharger(evse)?.State.Transaction is not null)
        {
            CallAnswerSummary answer = await TriggerAsync("TransactionEvent", connectorId, cancellationToken);
            if (answer.Status is not (CallStatus.Rejected or CallStatus.NotSupported))
                return answer;
            _noTransactionTrigger = answer.Status == CallStatus.NotSupported;
        }
        return await TriggerAsync("MeterValues", connectorId, cancellationToken);
    }

    /// <summary>What a station was asked for it may send before it is accepted (B02.FR.09).</summary>
    protected override void BeforeOperatorCall(string action, JsonElement payload)
    {
        if (action == "TriggerMessage" && payload.TryGetProperty("requestedMessage", out JsonElement message) && message.GetString() is { } name)
        {
            lock (_askedForGate)
                (_askedFor ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
        }
    }

    /// <summary>A trigger for anything but a status names the EVSE alone (F06.FR.12).</summary>
    protected override byte[] TriggerPayload(string message, int? connectorId) =>
        Ocpp2Json.Write(new TriggerMessage(message, connectorId is { } evse ? new Evse(evse, null) : null), Ocpp2Json.Default.TriggerMessage);
}
