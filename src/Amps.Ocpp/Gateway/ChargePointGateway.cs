using System.Net.WebSockets;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects;
using Amps.Ocpp.Model;
using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Ocppj.Diagnostics;
using Amps.Ocpp.Ocppj.Link;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace Amps.Ocpp.Gateway;

/// <summary>
/// The door charge points knock at: identity, credentials, subprotocol, duplicates, then the link until it ends
/// (charger behaviour, section 2; faults, sections H, S and C).
/// </summary>
public sealed partial class ChargePointGateway(
    ChargePointDirectory directory,
    IRegistryStore store,
    ChargePoints chargePoints,
    ChargePointRouter router,
    IReadOnlyList<IOcppDialect> dialects,
    Authentication authentication,
    LivenessMonitor liveness,
    IFrameTap tap,
    GatewayOptions options,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<ChargePointGateway>();
    private readonly ILogger _linkLogger = loggers.CreateLogger<OcppConnection>();
    private readonly Dictionary<IOcppDialect, OcppConnectionOptions> _connectionOptions = WithLimits(dialects, options, tap);
    private readonly TakeoverGuard _takeovers = new(time);
    private int _links;
    private volatile bool _draining;

    /// <summary>Live links of this node.</summary>
    public int Links => Volatile.Read(ref _links);

    /// <summary>
    /// Takes no newcomers from now on, and closes every link with 1001: in a trickle where other nodes take them in, since thousands of
    /// handshakes at once would hold up everything else there.
    /// </summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        _draining = true;
        long start = time.GetTimestamp();
        await Trickle.RunAsync(
            [.. chargePoints.All.Where(chargePoint => chargePoint.IsOnline)],
            options.DrainTime,
            chargePoint => chargePoint.Session?.Close(SessionEnd.ShuttingDown),
            time);
        while (Links > 0 && time.GetElapsedTime(start) < limit)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
    }

    /// <summary>A charge point that was let in.</summary>
    private sealed record Guest(ChargePoint ChargePoint, OcppConnection Connection, IOcppSession Session);

    /// <summary>Answers one request of the Ocpp endpoint; returns when its link, if it got one, has ended.</summary>
    public async Task RunAsync(HttpContext context)
    {
        // Apart from the link's life, so that nothing of the handshake is kept as long.
        if (await LetInAsync(context) is not { } guest)
            return;
        Interlocked.Increment(ref _links);
        try
        {
            await guest.ChargePoint.ConnectAsync(guest.Session);
            await guest.Connection.RunAsync(guest.Session);
        }
        finally
        {
            Interlocked.Decrement(ref _links);
            await guest.ChargePoint.DisconnectAsync(guest.Session);
        }
    }

    /// <summary>The checks of a handshake, in their order; null when one failed and the answer is written.</summary>
    private async ValueTask<Guest?> LetInAsync(HttpContext context)
    {
        if (_draining)
        {
            Refuse(context, 503, retryAfter: 5);
            return null;
        }
        switch (HandshakePath.Read(context.Features.Get<IHttpRequestFeature>()!.RawTarget, out ChargePointId id))
        {
            case PathVerdict.NotFound:
                Refuse(context, 404);
                return null;
            case PathVerdict.InvalidIdentity:
                Refuse(context, 400);
                return null;
        }
        if (!IsHandshake(context))
            return null;
        ChargePointRecord? record = directory.Find(id);
        if (record is null && options.Admission == AdmissionPolicy.Closed)
        {
            if (!authentication.NoteUnknown(context, id))
                return null;
            GatewayLog.Unknown(_logger, id);
            Refuse(context, 404);
            return null;
        }
        Proof proof = await authentication.CheckAsync(context, id, record);
        if (proof == Proof.None)
            return null;
        IOcppDialect? dialect = Choose(context.WebSockets.WebSocketRequestedProtocols, record, out bool silent);
        if (dialect is null)
        {
            await RefuseSubprotocolAsync(context, id);
            return null;
        }
        if (!await MayTakeOverAsync(context, id, proof))
            return null;
        return await AcceptAsync(context, id, record, dialect, silent);
    }

    /// <summary>A WebSocket handshake, or the answer that tells what is missing (H1, H14, H15).</summary>
    private static bool IsHandshake(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
            return true;
        IHeaderDictionary headers = context.Request.Headers;
        bool wantsUpgrade = headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);
        if (wantsUpgrade && headers.SecWebSocketVersion == "13")
        {
            Refuse(context, 400);
            return false;
        }
        headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
        headers.SecWebSocketVersion = "13";
        Refuse(context, 426);
        return false;
    }

    /// <summary>The first offered subprotocol that is spoken here, unless the charge point is pinned to one (quirks Q09–Q11).</summary>
    private IOcppDialect? Choose(IList<string> offered, ChargePointRecord? record, out bool silent)
    {
        string? pinned = record?.Configuration.OcppVersion;
        silent = offered.Count == 0;
        // A charge point that offers nothing is let in only when the operator said which version it speaks.
        if (silent)
            return pinned == "1.6" ? dialects.FirstOrDefault(dialect => dialect.Version == pinned) : null;
        foreach (string protocol in offered)
        {
            foreach (IOcppDialect dialect in dialects)
            {
                if (dialect.Subprotocol == protocol && (pinned is null || dialect.Version == pinned))
                    return dialect;
            }
        }
        return null;
    }

    private async Task RefuseSubprotocolAsync(HttpContext context, ChargePointId id)
    {
        GatewayLog.NoSubprotocol(_logger, id, string.Join(", ", context.WebSockets.WebSocketRequestedProtocols.Take(8)));
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await socket.CloseAsync(WebSocketCloseStatus.ProtocolError, "no common subprotocol", limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            context.Abort();
        }
    }

    /// <summary>The duplicate rule: who proves a credential wins; who has none waits for the present link to prove that it is dead.</summary>
    private async Task<bool> MayTakeOverAsync(HttpContext context, ChargePointId id, Proof proof)
    {
        if (chargePoints.Find(id)?.Session is not { } present)
            return await MayTakeOverElsewhereAsync(context, id, proof);
        if (_takeovers.Hold(id) is var hold && hold > TimeSpan.Zero)
        {
            Refuse(context, 503, retryAfter: (int)Math.Ceiling(hold.TotalSeconds));
            return false;
        }
        if (proof != Proof.Credential && await present.ProbeAsync(options.ProbeTimeout))
        {
            GatewayLog.DuplicateRefused(_logger, id);
            Refuse(context, 409);
            return false;
        }
        if (_takeovers.Note(id))
            GatewayLog.Flapping(_logger, id);
        return true;
    }

    /// <summary>The same where another node holds the present link.</summary>
    private async Task<bool> MayTakeOverElsewhereAsync(HttpContext context, ChargePointId id, Proof proof)
    {
        if (proof == Proof.Credential || !await router.ProbeElsewhereAsync(id, options.ProbeTimeout, context.RequestAborted))
            return true;
        GatewayLog.DuplicateRefused(_logger, id);
        Refuse(context, 409);
        return false;
    }

    private async Task<Guest?> AcceptAsync(HttpContext context, ChargePointId id, ChargePointRecord? record, IOcppDialect dialect, bool silent)
    {
        ChargePoint chargePoint;
        long generation;
        try
        {
            record ??= await RegisterAsync(id, CancellationToken.None);
            if (record is null)
            {
                Refuse(context, 503, retryAfter: 60);
                return null;
            }
            generation = await store.NextGenerationAsync(id, CancellationToken.None);
            chargePoint = await chargePoints.GetAsync(record, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            Refuse(context, 503, retryAfter: 5);
            return null;
        }
        var upgrade = context.Features.Get<IHttpUpgradeFeature>() as ObservedUpgradeFeature;
        string offers = context.Request.Headers.SecWebSocketExtensions.ToString();
        bool compressed = CompressionOffer.IsUsable(offers);
        // The framework answers what the client asked for, and has no setting for this.
        if (compressed)
            context.Request.Headers.SecWebSocketExtensions = CompressionOffer.WithoutClientContext(offers);
        WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = silent ? null : dialect.Subprotocol,
            KeepAliveInterval = TimeSpan.Zero,
            DangerousEnableCompression = compressed,
            DisableServerContextTakeover = true,
        });
        var connection = new OcppConnection(record.Id.Value, socket, upgrade?.Stream, _connectionOptions[dialect], liveness, time, _linkLogger);
        TimeSpan callTimeout = record.Configuration.CallTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.CallTimeout;
        IOcppSession session = dialect.CreateSession(chargePoint, connection, generation, callTimeout);
        // A link needs nothing of its handshake, least of all the password.
        context.Request.Headers.Clear();
        return new Guest(chargePoint, connection, session);
    }

    /// <summary>Creates the record of an unknown charge point as the policy says; null when too many wait for the operator.</summary>
    private Task<ChargePointRecord?> RegisterAsync(ChargePointId id, CancellationToken cancellationToken)
    {
        Admission admission = options.Admission == AdmissionPolicy.Open ? Admission.Accepted : Admission.Pending;
        if (admission == Admission.Pending && directory.PendingCount >= options.MaxPending)
            return Task.FromResult<ChargePointRecord?>(null);
        return directory.ChangeAsync(
            id,
            known => known ?? ChargePoint.WithConnectors(new ChargePointRecord { Id = id, Admission = admission, CreatedAt = time.GetUtcNow() }, 1),
            cancellationToken);
    }

    /// <summary>The rules of each version, and the limits that hold for all of them together.</summary>
    private static Dictionary<IOcppDialect, OcppConnectionOptions> WithLimits(IReadOnlyList<IOcppDialect> dialects, GatewayOptions options, IFrameTap tap)
    {
        var large = new LargeMessages(options.MaxLargeMessages);
        return dialects.ToDictionary(dialect => dialect, dialect => dialect.ConnectionOptions with
        {
            Tap = tap,
            LargeMessages = large,
            MessagesPerSecond = options.MessagesPerSecond,
            MessageBurst = options.MessageBurst,
        });
    }

    private static void Refuse(HttpContext context, int status, int? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (retryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
