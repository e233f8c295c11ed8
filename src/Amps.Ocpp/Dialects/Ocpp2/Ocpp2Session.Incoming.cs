using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects.Metering;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>What the station says on a 2.x link, apart from transactions.</summary>
internal sealed partial class Ocpp2Session
{
    private readonly EvseStatuses _statuses = new();
    private readonly Lock _askedForGate = new();
    private HashSet<string>? _askedFor;

    /// <summary>Before it is accepted a station may boot, and while pending send what it was asked for (B02.FR.09, B03.FR.07).</summary>
    protected override bool MayCall(ChargePointRecord record, string action)
    {
        if (action == "BootNotification" || (record.Admission == Admission.Accepted && (Booted || record.Boot is not null)))
            return true;
        return record.Admission == Admission.Pending && (action is "NotifyReport" or "NotifyMonitoringReport" || WasAskedFor(action));
    }

    private bool WasAskedFor(string action)
    {
        lock (_askedForGate)
            return _askedFor?.Contains(action) == true;
    }

    protected override async ValueTask<CallAnswer> AnswerAsync(string action, ReadOnlyMemory<byte> payload) => action switch
    {
        "Heartbeat" => Answer(ClockAnswers.Heartbeat(Time.GetUtcNow())),
        "TransactionEvent" => await OnTransactionEventAsync(payload),
        "MeterValues" => OnMeterValues(payload.Span),
        "StatusNotification" => OnStatusNotification(payload.Span),
        "BootNotification" => OnBootNotification(payload.Span),
        "Authorize" => Answer(IdTokenAnswerTo(Ocpp2Json.Read(payload.Span, Ocpp2Json.Default.Authorize).IdToken)),
        "SecurityEventNotification" => OnSecurityEvent(payload.Span),
        "NotifyEvent" => OnNotifyEvent(payload.Span),
        "NotifyReport" => OnNotifyReport(payload.Span),
        "ReportChargingProfiles" => OnProfilesReported(payload.Span),
        "NotifyChargingLimit" => OnChargingLimit(payload.Span),
        "ClearedChargingLimit" => OnChargingLimitCleared(),
        _ => Answer(MinimalAnswers.To(action, payload.Span, _release, Time.GetUtcNow()) ?? EmptyAnswer),
    };

    private CallAnswer OnBootNotification(ReadOnlySpan<byte> payload)
    {
        _statusOrder.Forget();
        ChargingStation station = Ocpp2Json.Read(payload, Ocpp2Json.Default.BootNotification).ChargingStation;
        return AnswerBoot(station.VendorName, station.Model, station.SerialNumber, station.FirmwareVersion);
    }

    private CallAnswer OnStatusNotification(ReadOnlySpan<byte> payload)
    {
        StatusNotification status = Ocpp2Json.Read(payload, Ocpp2Json.Default.StatusNotification);
        if (status.EvseId is < 0 or > MaxConnectorId)
            return WrongEvse();
        if (_statusOrder.IsOld(status.EvseId, ChargerTime.Read(status.Timestamp), status.ConnectorId - 1))
            return Answer(EmptyAnswer);
        return Answer(EmptyAnswer, StatusOf(status.EvseId, status.ConnectorId, status.ConnectorStatus, null));
    }

    /// <summary>A connector's availability may be told as an event as well (G01.FR.09, 2.1 prefers it).</summary>
    private CallAnswer OnNotifyEvent(ReadOnlySpan<byte> payload)
    {
        ChargerReport? reports = null;
        foreach (EventData data in Ocpp2Json.Read(payload, Ocpp2Json.Default.NotifyEvent).EventData.Reverse())
        {
            if (data is { Component: { Name: "Connector", Evse: { ConnectorId: { } connector, Id: > 0 and <= MaxConnectorId } evse }, Variable.Name: "AvailabilityState" }
                && data.ActualValue is "Available" or "Occupied" or "Reserved" or "Unavailable" or "Faulted")
            {
                reports = StatusOf(data.Component.Evse!.Id, connector, data.ActualValue, reports) ?? reports;
            }
        }
        return Answer(EmptyAnswer, reports);
    }

    private CallAnswer OnNotifyReport(ReadOnlySpan<byte> payload)
    {
        _inventory.Take(Ocpp2Json.Read(payload, Ocpp2Json.Default.NotifyReport));
        return Answer(EmptyAnswer);
    }

    private CallAnswer OnProfilesReported(ReadOnlySpan<byte> payload)
    {
        _stored.OnReported(Ocpp2Json.Read(payload, Ocpp2Json.Default.ReportChargingProfiles));
        return Answer(EmptyAnswer);
    }

    private CallAnswer OnMeterValues(ReadOnlySpan<byte> payload)
    {
        MeterValues values = MeterValuesReader.Read(payload);
        if (values.ConnectorId is < 0 or > MaxConnectorId)
            return WrongEvse();
        return Answer(EmptyAnswer, SampleOf(values.ConnectorId, values.MeterValue) is { } sample
            ? new ChargerReport(values.ConnectorId, new MeterReported(Time.GetUtcNow(), sample))
            : null);
    }

    private CallAnswer OnChargingLimit(ReadOnlySpan<byte> payload)
    {
        NotifyChargingLimit limit = Ocpp2Json.Read(payload, Ocpp2Json.Default.NotifyChargingLimit);
        ChargePoint.ExternalLimit = limit.ChargingLimit.ChargingLimitSource;
        return Answer(EmptyAnswer);
    }

    private CallAnswer OnChargingLimitCleared()
    {
        ChargePoint.ExternalLimit = null;
        return Answer(EmptyAnswer);
    }

    /// <summary>A connector's word as a fact of its EVSE; null = the station as a whole, or a pair that cannot be (quirk Q40).</summary>
    private ChargerReport? StatusOf(int evseId, int connectorId, string told, ChargerReport? next)
    {
        if (evseId == 0 || connectorId <= 0)
        {
            if (evseId != connectorId)
                DialectMetrics.Tolerated.Add(1);
            return null;
        }
        string status = _statuses.Note(evseId, connectorId, told, Time.GetUtcNow());
        ChargerState? state = ChargePoint.FindCharger(evseId)?.State;
        ConnectorStatus reported = status switch
        {
            "Available" => ConnectorStatus.Available,
            "Reserved" => ConnectorStatus.Reserved,
            "Unavailable" => ConnectorStatus.Unavailable,
            "Faulted" => ConnectorStatus.Faulted,
            // Occupied says that a vehicle is there; what it does there is told by the transaction's charging state.
            _ when state is { Transaction: not null, Reported: ConnectorStatus.Charging or ConnectorStatus.SuspendedEV or ConnectorStatus.SuspendedEVSE } => state.Reported,
            _ when state is { Transaction: null, Reported: ConnectorStatus.Finishing } => ConnectorStatus.Finishing,
            _ => ConnectorStatus.Preparing,
        };
        return new ChargerReport(evseId, new StatusReported(Time.GetUtcNow(), reported, reported == ConnectorStatus.Faulted ? "Faulted" : null), next);
    }

    private MeterSample? SampleOf(int evseId, MeterValue[] values) => evseId == 0 ? null
        : ChargePoint.FindCharger(evseId)?.State is { } state ? MeterDerivation.Derive(values, state.Meter, state.Rating.NominalVoltage, state.Rating.Phases, _clock.Behind)
        : MeterDerivation.Derive(values, null, nominalVoltage: 230, clockBehind: _clock.Behind);

    private byte[] IdTokenAnswerTo(IdToken token)
    {
        (IdTokenStatus status, string? parent) = Judge(token);
        return Ocpp2Json.Write(
            new IdTokenAnswer(new IdTokenInfo(status.ToString(), parent is null ? null : new IdToken(parent, "Central"))), Ocpp2Json.Default.IdTokenAnswer);
    }

    /// <summary>A station that starts by a button presents an empty token of its own type.</summary>
    private (IdTokenStatus Status, string? Parent) Judge(IdToken token) =>
        token.Type == "NoAuthorization" ? (IdTokenStatus.Accepted, null) : ChargePoint.Authorize(token.Token);

    private CallAnswer WrongEvse() => RefuseValue("/evseId", $"an EVSE has a number up to {MaxConnectorId}.");
}
