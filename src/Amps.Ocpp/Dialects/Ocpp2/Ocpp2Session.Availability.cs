using Amps.Ocpp.Chargers;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>Asks for the availability of connectors: by a trigger for each, or as a variable where triggers are refused (F06, B06).</summary>
internal sealed partial class Ocpp2Session
{
    public override Task AskForStatusAsync(int connectorId, DateTimeOffset since, CancellationToken cancellationToken) =>
        AskForStatusAsync(connectorId, (DateTimeOffset?)since, cancellationToken);

    /// <param name="evseId">Null = of the station.</param>
    /// <param name="since">Connectors that told their status since then are not asked; null = all are.</param>
    /// <param name="cancellationToken">Ends with the link.</param>
    /// <returns>Null = nothing was to be asked.</returns>
    private async Task<CallAnswerSummary?> AskForStatusAsync(int? evseId, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        if (evseId is not { } evse)
            return await TriggerAsync("StatusNotification", null, cancellationToken);
        CallAnswerSummary? last = null;
        foreach (int connector in _statuses.ConnectorsOf(evse, ChargePoint.Learned.PlugsPerCharger ?? 1))
        {
            if (since is { } from && _statuses.IsTold(evse, connector, from))
                continue;
            CallAnswerSummary answer = await TriggerForms.AskAsync(
                ChargePoint, isBasic: true, evse, id => AskAsync("TriggerMessage", StatusTrigger(id, connector), cancellationToken));
            if (answer.Status is CallStatus.Rejected or CallStatus.NotSupported && await ReadAvailabilityAsync(evse, connector, cancellationToken))
                answer = new CallAnswerSummary(CallStatus.Accepted);
            last = answer;
            // One trigger without an EVSE is for all of them.
            if (answer.Accepted && ChargePoint.Learned is { TriggerWithConnector: false, TriggerMessage: not false })
                break;
        }
        return last;
    }

    private static byte[] StatusTrigger(int? evseId, int connectorId) => Ocpp2Json.Write(
        new TriggerMessage("StatusNotification", evseId is { } id ? new Evse(id, connectorId) : null), Ocpp2Json.Default.TriggerMessage);

    /// <summary>What a connector would have told, as the device model has it.</summary>
    private async Task<bool> ReadAvailabilityAsync(int evseId, int connectorId, CancellationToken cancellationToken)
    {
        var asked = new GetVariableData(new Component("Connector", Evse: new Evse(evseId, connectorId)), new Variable("AvailabilityState"));
        CallOutcome outcome = await SendAsync("GetVariables", Ocpp2Json.Write(new GetVariables([asked]), Ocpp2Json.Default.GetVariables), cancellationToken);
        if (!outcome.IsResult || Ocpp2Json.TryRead(outcome.Payload.Span, Ocpp2Json.Default.GetVariablesAnswer)?.GetVariableResult is not
            [{ AttributeStatus: "Accepted", AttributeValue: "Available" or "Occupied" or "Reserved" or "Unavailable" or "Faulted" } told, ..])
        {
            return false;
        }
        if (StatusOf(evseId, connectorId, told.AttributeValue, null) is { } report)
            await ChargePoint.ReportAsync(this, report.ConnectorId, report.Fact);
        return true;
    }
}
