using System.Runtime.InteropServices;

namespace Amps.Ocpp.Ocppj;

/// <summary>
/// How much faster one link sends than it may: a bucket of tokens, kept as the time at which it would be full again, so that below
/// the limit a message costs one comparison and nothing has to run (faults X4). Used by the reader only.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct MessagePace
{
    /// <summary>Below it a timer is not worth its while: the few messages that pass meanwhile are paid by the next pause.</summary>
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);

    private long _fullAt;

    /// <summary>Takes a token for a message.</summary>
    public void Count(OcppConnectionOptions options, TimeProvider time)
    {
        if (options.MessagesPerSecond > 0)
        {
            _fullAt = Math.Max(_fullAt, time.GetTimestamp()) + PerMessage(options, time);
        }
    }

    /// <summary>How long nothing more should be read; zero below the limit.</summary>
    public readonly TimeSpan Pause(OcppConnectionOptions options, TimeProvider time)
    {
        if (options.MessagesPerSecond <= 0)
        {
            return TimeSpan.Zero;
        }

        var excess = _fullAt - time.GetTimestamp() - (options.MessageBurst * PerMessage(options, time));
        if (excess <= 0)
        {
            return TimeSpan.Zero;
        }

        var pause = TimeSpan.FromSeconds((double)excess / time.TimestampFrequency);
        return pause > s_shortestPause ? pause : s_shortestPause;
    }

    private static long PerMessage(OcppConnectionOptions options, TimeProvider time) => time.TimestampFrequency / options.MessagesPerSecond;
}
