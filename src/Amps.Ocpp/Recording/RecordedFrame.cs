namespace Amps.Ocpp.Recording;

/// <summary>A message as it went over a charge point's link, without its secrets.</summary>
/// <param name="At">UTC.</param>
/// <param name="FromChargePoint">Whose message it is.</param>
/// <param name="Text">The message; at most 8 KiB of it.</param>
/// <param name="Length">Bytes of the whole message, after secrets were masked.</param>
public sealed record RecordedFrame(DateTimeOffset At, bool FromChargePoint, string Text, int Length)
{
    /// <summary>The text is the beginning of a longer message.</summary>
    public bool IsCut { get; init; }
}
