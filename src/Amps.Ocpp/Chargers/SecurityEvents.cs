using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>Something that bears on security, told by a charge point or found by this service.</summary>
/// <param name="At">When this service learned of it, UTC.</param>
/// <param name="ChargePoint">Whom it is about; null = the identity is not known.</param>
/// <param name="FromChargePoint">The charge point told it; else this service found it.</param>
/// <param name="Type">The standard's name where it has one (security whitepaper, list of security events).</param>
/// <param name="ToldAt">The charge point's own time, UTC; null = ours, or unreadable.</param>
/// <param name="Detail">What else was told, no secrets; null = nothing.</param>
/// <param name="Address">Whose connection it was; null = the charge point's own link.</param>
public sealed record SecurityEvent(
    DateTimeOffset At, ChargePointId? ChargePoint, bool FromChargePoint, string Type, DateTimeOffset? ToldAt, string? Detail, string? Address);

/// <summary>
/// Security events: counted, logged one line each, kept by the store in the background. Of a flood a sample
/// is kept; the counter has them all (charger behaviour, section 2; faults, section S).
/// </summary>
public sealed partial class SecurityEvents(ISecurityEventStore store, TimeProvider time, ILogger<SecurityEvents> logger) : BackgroundService
{
    private const int MaxBatch = 100;
    private const int MaxText = 512;
    private static readonly Meter s_meter = new("Amps.Ocpp.Security");
    private static readonly Counter<long> s_events = s_meter.CreateCounter<long>("amps.security.events", "{event}", "Security events by type and by who found them.");
    private static readonly Counter<long> s_notKept = s_meter.CreateCounter<long>("amps.security.events.not_kept", "{event}", "Security events that were counted, but of a flood not kept.");

    private readonly Channel<SecurityEvent> _waiting = Channel.CreateBounded<SecurityEvent>(
        new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly EventSampling _sampling = new(time);

    /// <summary>A charge point told it (1.6 and 2.x SecurityEventNotification).</summary>
    public void Told(ChargePointId chargePoint, string type, DateTimeOffset? toldAt, string? detail)
    {
        type = Line(type)!;
        detail = Line(detail);
        // Any text may come; a metric needs few values.
        s_events.Add(1, new KeyValuePair<string, object?>("type", SecurityEventTypes.NameOf(type)), new KeyValuePair<string, object?>("from", "charge_point"));
        LogTold(chargePoint, type, detail);
        Keep(new SecurityEvent(time.GetUtcNow(), chargePoint, FromChargePoint: true, type, toldAt, detail, Address: null));
    }

    /// <summary>This service found it: something refused, passed with doubt, or changed.</summary>
    /// <param name="chargePoint">Whose identity was claimed; null = the handshake got no further than TLS.</param>
    /// <param name="type">One of <see cref="SecurityEventTypes"/>.</param>
    /// <param name="address">Whose connection it was.</param>
    /// <param name="detail">The reason.</param>
    public void Found(ChargePointId? chargePoint, string type, string address, string? detail)
    {
        detail = Line(detail);
        s_events.Add(1, new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("from", "service"));
        LogFound(type, chargePoint?.Value ?? "-", address, detail);
        Keep(new SecurityEvent(time.GetUtcNow(), chargePoint, FromChargePoint: false, type, null, detail, address));
    }

    /// <summary>The newest first.</summary>
    public Task<IReadOnlyList<SecurityEvent>> ListAsync(ChargePointId? chargePoint, int limit, CancellationToken cancellationToken) =>
        store.ListSecurityEventsAsync(chargePoint, limit, cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
                await WriteAsync(CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            while (_waiting.Reader.TryPeek(out _))
                await WriteAsync(CancellationToken.None);
        }
    }

    private void Keep(SecurityEvent told)
    {
        if (!_sampling.Keeps(told.ChargePoint, told.FromChargePoint) || !_waiting.Writer.TryWrite(told))
            s_notKept.Add(1);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var batch = new List<SecurityEvent>();
        while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out SecurityEvent? next))
            batch.Add(next);
        try
        {
            if (batch.Count > 0)
                await store.AddSecurityEventsAsync(batch, cancellationToken);
        }
        catch (StorageUnavailableException e)
        {
            LogNotKept(batch.Count, e.Message);
        }
        catch (Exception e)
        {
            // One batch that cannot be kept must not end the keeping of all others.
            LogFailed(e, batch.Count);
        }
    }

    /// <summary>A text of somebody else's on one line of bounded length.</summary>
    private static string? Line(string? text)
    {
        if (text is null)
            return null;
        text = text.Length > MaxText ? text[..MaxText] : text;
        return text.AsSpan().IndexOfAnyInRange('\0', '\x1F') < 0 ? text : new string([.. text.Select(static c => char.IsControl(c) ? ' ' : c)]);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Security event {Type} told by charge point {ChargePointId}: {Detail}")]
    private partial void LogTold(ChargePointId chargePointId, string type, string? detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Security event {Type}, charge point {ChargePointId}, from {Address}: {Detail}")]
    private partial void LogFound(string type, string chargePointId, string address, string? detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} security events were logged and counted, but not kept, storage is away: {Reason}")]
    private partial void LogNotKept(int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} security events were logged and counted, but not kept")]
    private partial void LogFailed(Exception exception, int count);
}
