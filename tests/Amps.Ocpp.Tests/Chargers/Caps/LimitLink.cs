using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Limits;
using Amps.Ocpp.Dialects.Ocpp16;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Tests.Chargers.Caps;

/// <summary>A link to a <see cref="LimitingChargePoint"/>: the service's own 1.6 limits, no wire.</summary>
internal sealed class LimitLink(ChargePoint chargePoint, LimitingChargePoint device, long generation, TimeProvider time) : IChargePointSession
{
    private readonly Ocpp16Limits _limits = new(chargePoint, new Wire(device, device.Link), time);

    public string OcppVersion => "1.6";

    public long Generation => generation;

    public EffectMessages Effects { get; } = new("started", "ended", "status");

    /// <summary>The service has asked for the status: the last that it does of itself after a connect.</summary>
    public bool IsSetUp { get; private set; }

    public int MeterTriggers { get; private set; }

    public Task<CallAnswerSummary> StartAsync(int connectorId, string idTag, LimitRequest? limit, CancellationToken cancellationToken) =>
        Task.FromResult(new CallAnswerSummary(CallStatus.Accepted));

    public Task<CallAnswerSummary> StopAsync(string transactionId, CancellationToken cancellationToken) =>
        Task.FromResult(new CallAnswerSummary(CallStatus.Accepted));

    public Task<CallAnswerSummary> SetLimitAsync(LimitRequest limit, CancellationToken cancellationToken) => _limits.SetAsync(limit, cancellationToken);

    public Task<CallAnswerSummary> ClearTransactionLimitAsync(int connectorId, CancellationToken cancellationToken) =>
        _limits.ClearAsync(connectorId, cancellationToken);

    public Task<LimitReading?> ReadLimitAsync(int connectorId, bool inWatts, CancellationToken cancellationToken) =>
        _limits.ReadAsync(connectorId, inWatts, cancellationToken);

    public Task<CallAnswerSummary> SetStationLimitAsync(LimitRequest limit, CancellationToken cancellationToken) => _limits.SetStationAsync(limit, cancellationToken);

    public Task<CallAnswerSummary> ClearStationLimitAsync(CancellationToken cancellationToken) => _limits.ClearStationAsync(cancellationToken);

    public Task<ForeignClearing> ClearForeignLimitsAsync(int? connectorId, CancellationToken cancellationToken) =>
        _limits.ClearForeignAsync(connectorId, cancellationToken);

    public Task<StoredLimit?> ReadStoredLimitAsync(int connectorId, string? transactionId, CancellationToken cancellationToken) =>
        Task.FromResult(device.Kept?.Invoke(transactionId is not null));

    public Task<CallAnswerSummary> TriggerAsync(TriggerKind kind, int? connectorId, CancellationToken cancellationToken)
    {
        IsSetUp |= kind == TriggerKind.Status;
        MeterTriggers += kind == TriggerKind.Meter ? 1 : 0;
        return Task.FromResult(new CallAnswerSummary(CallStatus.Accepted));
    }

    public Task AskForStatusAsync(int connectorId, DateTimeOffset since, CancellationToken cancellationToken) =>
        TriggerAsync(TriggerKind.Status, connectorId, cancellationToken);

    public Task PrepareAsync(CancellationToken cancellationToken)
    {
        chargePoint.Learn(learned => learned with { MaxStackLevel = 8, SwitchesPhases = learned.SwitchesPhases ?? (device.SwitchesPhases ? true : null) });
        return Task.CompletedTask;
    }

    public Task SampleFasterAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<(OperatorCallOutcome? Outcome, CallRefusal? Refusal)> CallAsync(string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> ProbeAsync(TimeSpan limit) => Task.FromResult(true);

    public void Close(SessionEnd reason) => device.Disconnect();

    /// <summary>One connection: over when the charge point has another.</summary>
    private sealed class Wire(LimitingChargePoint device, object link) : IOcppCalls
    {
        public Task<CallAnswerSummary> AskAsync(string action, byte[] payload, CancellationToken cancellationToken) => ReferenceEquals(device.Link, link)
            ? device.AskAsync(action, payload, cancellationToken)
            : Task.FromResult(new CallAnswerSummary(CallStatus.LinkLost, Sent: false));

        public Task<CallOutcome> SendAsync(string action, byte[] payload, CancellationToken cancellationToken) => ReferenceEquals(device.Link, link)
            ? device.SendAsync(action, payload, cancellationToken)
            : Task.FromResult(CallOutcome.ConnectionLost("1", sent: false));
    }
}
