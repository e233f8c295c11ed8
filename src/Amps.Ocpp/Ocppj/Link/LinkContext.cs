using System.Buffers;
using System.Net.WebSockets;

using Amps.Ocpp.Ocppj.Diagnostics;

namespace Amps.Ocpp.Ocppj.Link;

/// <summary>What all parts of one link share: who it is, its socket, its rules, its clock, its log, and why it ended.</summary>
internal sealed class LinkContext(string identity, WebSocket socket, LinkStream? stream, OcppConnectionOptions options, TimeProvider time, ILogger logger)
{
    private const int LoggedPerMinute = 5;

    private long _windowStart;
    private int _logged;
    private int _unlogged;
    private long _heldBackAt;
    private CloseReason? _reason;
    private TaskCompletionSource? _ended;

    public string Identity { get; } = identity;

    public WebSocket Socket { get; } = socket;

    /// <summary>The transport below the socket, where it is observed.</summary>
    public LinkStream? Stream { get; } = stream;

    public OcppConnectionOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    /// <summary>Why the link ended; null while it is in use. The first reason stays.</summary>
    public CloseReason? Reason => Volatile.Read(ref _reason);

    /// <summary>Ends with the link; made only for those who ask.</summary>
    public Task Ended
    {
        get
        {
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var ended = Interlocked.CompareExchange(ref _ended, fresh, null) ?? fresh;
            if (Reason is not null)
            {
                ended.TrySetResult();
            }

            return ended.Task;
        }
    }

    /// <summary>Notes the reason unless there is one already.</summary>
    public bool TryEnd(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null)
        {
            return false;
        }

        Volatile.Read(ref _ended)?.TrySetResult();
        return true;
    }

    /// <summary>Cuts the transport. The reader notices and ends the link.</summary>
    public void Drop(CloseKind kind, string description)
    {
        TryEnd(new CloseReason(kind, CloseReason.NoCloseFrame, description));
        Socket.Abort();
        Stream?.Abort();
    }

    /// <summary>Gives a buffer that a message came into back, and its place if it has one.</summary>
    public void Return(byte[] buffer)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        if (buffer.Length > LargeMessages.SmallBuffer)
        {
            Options.LargeMessages?.Leave();
        }
    }

    /// <summary>Counts a message that broke a rule, and logs the first few of each minute.</summary>
    /// <remarks>Called by the reader only.</remarks>
    public void ReportViolation(string kind, string? text)
    {
        OcppjMetrics.Violations.Add(1, new KeyValuePair<string, object?>("kind", kind));
        Warn(kind, text);
    }

    /// <summary>Counts a message that gets no answer, and logs the first few of each minute.</summary>
    /// <remarks>Called by the reader only.</remarks>
    public void ReportDropped(string kind, string? text)
    {
        OcppjMetrics.Dropped.Add(1, new KeyValuePair<string, object?>("kind", kind));
        Warn(kind, text);
    }

    /// <summary>Counts the time for which a link that sends too much is not read, and logs it once a minute.</summary>
    /// <remarks>Called by the reader only.</remarks>
    public void ReportHeldBack(TimeSpan pause)
    {
        OcppjMetrics.HeldBack.Add(pause.TotalSeconds);
        var now = Time.GetTimestamp();
        if (_heldBackAt == 0 || Time.GetElapsedTime(_heldBackAt, now) >= TimeSpan.FromMinutes(1))
        {
            _heldBackAt = now;
            OcppjLog.HeldBack(Logger, Identity, Options.MessagesPerSecond);
        }
    }

    private void Warn(string kind, string? text)
    {
        var now = Time.GetTimestamp();
        if (_windowStart == 0 || Time.GetElapsedTime(_windowStart, now) >= TimeSpan.FromMinutes(1))
        {
            _windowStart = now;
            _logged = 0;
        }

        if (_logged >= LoggedPerMinute)
        {
            _unlogged++;
            return;
        }

        _logged++;
        OcppjLog.BadMessage(Logger, Identity, kind, text, _unlogged);
        _unlogged = 0;
    }
}
