namespace Amps.Ocpp.Mqtt.Native;

/// <summary>How one connection, or the attempt at one, ended.</summary>
internal readonly record struct LinkEnd(LinkEndKind Kind, string Reason)
{
    private const int ServerUnavailable = 0x88;
    private const int ServerBusy = 0x89;
    private const int ServerShuttingDown = 0x8B;

    public static LinkEnd Of(MosquittoEvents events, string? error)
    {
        if (events.Failure is { } failure)
            return new(LinkEndKind.Lost, failure.Message);
        if (events.DisconnectReason is LibMosquitto.ReasonSessionTakenOver)
            return new(LinkEndKind.TakenOver, NativeText.OfReason(LibMosquitto.ReasonSessionTakenOver));
        if (ReasonOf(events) is { } reason)
            return new(reason is ServerUnavailable or ServerBusy or ServerShuttingDown ? LinkEndKind.Lost : LinkEndKind.Refused, NativeText.OfReason(reason));
        return new(LinkEndKind.Lost, error ?? "The broker closed the connection.");
    }

    private static int? ReasonOf(MosquittoEvents events)
    {
        if (events.ConnectReason is > 0 and var refused)
            return refused;
        return events.DisconnectReason is >= 0x80 and var ended ? ended : null;
    }
}

internal enum LinkEndKind
{
    /// <summary>Not reached, or broken: soon again.</summary>
    Lost,

    /// <summary>The broker does not want this client as it is: later again.</summary>
    Refused,

    /// <summary>Another client connected with the same identifier: later again, lest the two fight.</summary>
    TakenOver,

    /// <summary>Ended by this client's own stop.</summary>
    Stopped,
}
