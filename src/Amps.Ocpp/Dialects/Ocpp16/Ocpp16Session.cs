using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>One 1.6 link: what the central system asks of the charge point. What the charge point says is in the other half.</summary>
internal sealed partial class Ocpp16Session : OcppSession
{
    private static readonly EffectMessages s_effects = new("StartTransaction", "StopTransaction", "StatusNotification");

    private readonly Ocpp16Limits _limits;
    private readonly Ocpp16Setup _setup;
    private readonly ChargerClock _clock;
    private readonly StatusOrder _statusOrder;

    public Ocpp16Session(OcppSessionContext context) : base(context, Ocpp16Actions.Table, RpcErrorCodes.Ocpp16)
    {
        _limits = new Ocpp16Limits(context.ChargePoint, this, context.Time);
        _setup = new Ocpp16Setup(context.ChargePoint, this);
        _clock = new ChargerClock(context.Time);
        _statusOrder = new StatusOrder(this, context.Time);
    }

    public override string OcppVersion => "1.6";

    public override EffectMessages Effects => s_effects;

    public override Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken) =>
        AskAsync("RemoteStartTransaction", Ocpp16Messages.RemoteStartTransaction(connectorId, idTag, limit is null ? null : _limits.ForStart(limit)), cancellationToken);

    public override Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken) =>
        AskAsync("RemoteStopTransaction", Ocpp16Messages.RemoteStopTransaction(transactionId), cancellationToken);

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

    public override Task PrepareAsync(CancellationToken cancellationToken) => _setup.RunAsync(cancellationToken);

    public override Task SampleFasterAsync(CancellationToken cancellationToken) => _setup.SampleFasterAsync(cancellationToken);

    public override Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken) => TriggerAsync(
        kind switch
        {
            TriggerKind.Boot => "BootNotification",
            TriggerKind.Status => "StatusNotification",
            _ => "MeterValues",
        },
        connectorId,
        cancellationToken);

    protected override byte[] TriggerPayload(string message, int? connectorId) => Ocpp16Messages.TriggerMessage(message, connectorId);
}
