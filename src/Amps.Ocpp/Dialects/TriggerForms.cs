using Amps.Ocpp.Chargers;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects;

/// <summary>
/// The forms of a trigger: some charge points answer it only with a connector, some only without, some not at all (quirks Q06, Q36).
/// What worked is learned.
/// </summary>
internal static class TriggerForms
{
    /// <param name="chargePoint">Whom it goes to.</param>
    /// <param name="isBasic">Whether a charge point that knows triggers at all knows this one.</param>
    /// <param name="connectorId">The connector it is about; null = the charge point.</param>
    /// <param name="send">Sends it for a connector, or without one.</param>
    public static async Task<CallAnswerSummary> AskAsync(
        ChargePoint chargePoint, bool isBasic, int? connectorId, Func<int?, Task<CallAnswerSummary>> send)
    {
        LearnedBehaviour learned = chargePoint.Learned;
        if (learned.TriggerMessage == false)
            return new CallAnswerSummary(CallStatus.NotSupported, Sent: false);
        bool? withConnector = connectorId is null ? null : learned.TriggerWithConnector;
        CallAnswerSummary answer = await send(withConnector == false ? null : connectorId);
        if (answer.Status == CallStatus.NotSupported && isBasic)
            chargePoint.Learn(static learned => learned with { TriggerMessage = false });
        // A silence about a form is a refusal of it.
        if (withConnector is not null || connectorId is null || answer.Status is not (CallStatus.Accepted or CallStatus.Rejected or CallStatus.TimedOut))
            return answer;
        bool accepted = answer.Accepted;
        if (!accepted)
            answer = await send(null);
        if (answer.Accepted)
            chargePoint.Learn(learned => learned with { TriggerWithConnector = accepted });
        return answer;
    }
}
