using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>How a command ends whose call was refused, not answered, or lost.</summary>
internal static class CommandRefusals
{
    /// <param name="sent">The call went out, so that its effect is unknown.</param>
    public static CommandOutcome Offline(bool sent) =>
        CommandOutcome.Failed(ErrorCodes.DeviceOffline, "The link to the charger went down.", unknown: sent);

    /// <param name="answer">Null = none in time.</param>
    /// <param name="what">What was asked for: start, stop, hold, resume.</param>
    public static CommandOutcome Of(CallAnswerSummary? answer, string what) => answer switch
    {
        null or { Status: CallStatus.TimedOut } => CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "The charger did not answer in time.", unknown: answer is not { Sent: false }),
        { Status: CallStatus.LinkLost } lost => Offline(lost.Sent),
        { Status: CallStatus.Busy } => CommandOutcome.Failed(ErrorCodes.ChargerTimeout, "Too many calls are waiting for this charger."),
        { Status: CallStatus.Invalid } => CommandOutcome.Failed(ErrorCodes.ProtocolError, "The charger answered with something the standard does not allow."),
        { Status: CallStatus.NotSupported } => CommandOutcome.Failed(ErrorCodes.CommandRejected, $"The charger does not support this way to {what} a session."),
        { Reason: { } reason } => CommandOutcome.Failed(ErrorCodes.CommandRejected, $"The charger refused to {what} the session: {reason}."),
        _ => CommandOutcome.Failed(ErrorCodes.CommandRejected, $"The charger refused to {what} the session."),
    };
}
