using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// One charge point: its mailbox, its link and its chargers. Adapters report here, commands are carried out here; only the
/// mailbox's loop changes state. What an older link still says after a newer one took over is ignored.
/// </summary>
public sealed partial class ChargePoint : Mailbox
{
    private readonly ChargePointServices _services;
    private readonly ILogger _logger;
    private ImmutableSortedDictionary<int, Charger> _chargers = ImmutableSortedDictionary<int, Charger>.Empty;
    private volatile Link? _link;
    private ChargePointMemory _memory;

    /// <summary>The live link with what is known of its readiness.</summary>
    private sealed record Link(IChargePointSession Session, DateTimeOffset Since, TaskCompletionSource Ready, CancellationTokenSource Life)
    {
        /// <summary>What the service had to read before it writes limits has been read.</summary>
        public volatile bool Prepared;

        /// <summary>Its boot was asked for on this link.</summary>
        public volatile bool BootAsked;

        public volatile bool Booted;
    }

    private sealed record Connected(Link Link);

    private sealed record Disconnected(IChargePointSession Session);

    private sealed record Report(IChargePointSession? Session, int ConnectorId, ChargerEvent Fact);

    internal ChargePoint(ChargePointId id, ChargePointMemory memory, ChargePointServices services) : base(services.Options.MailboxCapacity)
    {
        Id = id;
        _memory = memory;
        _services = services;
        _logger = services.Logger;
        Foreign = new ForeignLimits(this);
        Station = new StationCap(this);
        IdTag = "AMPS" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(id.Value.ToUpperInvariant())).AsSpan(0, 6));
        if (Record is { } record)
            Grow(record);
    }

    public ChargePointId Id { get; }

    /// <summary>The tag this service presents to this charge point: 16 characters <c>[A-Z0-9]</c>, unique to it (quirk Q25).</summary>
    public string IdTag { get; }

    /// <summary>The registry's record; null once the operator removed it.</summary>
    public ChargePointRecord? Record => _services.Directory.Find(Id);

    public IChargePointSession? Session => _link?.Session;

    public bool IsOnline => _link is not null;

    /// <summary>The link may be used for calls of the service's own.</summary>
    public bool IsReady => _link is { Ready.Task.IsCompletedSuccessfully: true };

    /// <summary>Limits may be written: the link is ready and the charge point's own limits are known.</summary>
    internal bool IsPrepared => _link is { Prepared: true };

    /// <summary>When the link last came or went, UTC.</summary>
    public DateTimeOffset LinkSince { get; private set; }

    /// <summary>Generation of the present or the last link; 0 before the first.</summary>
    public long Generation { get; private set; }

    /// <summary>When the present link came up, or null.</summary>
    public DateTimeOffset? OnlineSince => _link?.Since;

    /// <summary>Who limits the charge point from outside, as it told (2.x NotifyChargingLimit: EMS, SO, CSO, Other); null = nobody.</summary>
    public string? ExternalLimit { get; set; }

    public IEnumerable<Charger> Chargers => _chargers.Values;

    /// <summary>What other systems left on it.</summary>
    internal ForeignLimits Foreign { get; }

    internal ChargePointServices Services => _services;

    public Charger? FindCharger(int connectorId) => _chargers.GetValueOrDefault(connectorId);

    /// <summary>Puts a new link in force; the one before it is closed and none of its messages counts any more.</summary>
    public ValueTask ConnectAsync(IChargePointSession session)
    {
        var link = new Link(session, _services.Time.GetUtcNow(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new CancellationTokenSource());
        return PostAsync(new Connected(link));
    }

    /// <summary>Ends a link; one that is not in force any more changes nothing (quirk Q12).</summary>
    public ValueTask DisconnectAsync(IChargePointSession session) => PostAsync(new Disconnected(session));

    /// <summary>A fact told by the charge point over a link, in the order in which it was told.</summary>
    public ValueTask ReportAsync(IChargePointSession session, int connectorId, ChargerEvent fact) =>
        PostAsync(new Report(session, connectorId, fact));

    /// <summary>A boot was answered, or an accepted charge point made its first call: calls may go out.</summary>
    /// <returns>False = not accepted, or the link is not in force (yet).</returns>
    public bool MarkReady(IChargePointSession session)
    {
        if (_link is not { } link || !ReferenceEquals(link.Session, session) || Record is not { Admission: Admission.Accepted })
            return false;
        if (link.Ready.TrySetResult())
            return true;
        // Booted again on a link in use: what it was told may be lost, and what it tells may be.
        if (link.Prepared)
        {
            foreach (Charger charger in _chargers.Values)
                charger.Cap.Ensure();
            Station.Ensure();
        }
        _ = SessionSetup.RunAfterBootAsync(this, session, link.Life.Token);
        return true;
    }

    /// <summary>Asks for the boot (quirk Q01); a boot from now on is an answer to that.</summary>
    internal Task<CallAnswerSummary> AskForBootAsync(IChargePointSession session, CancellationToken life)
    {
        if (_link is { } link && ReferenceEquals(link.Session, session))
            link.BootAsked = true;
        return session.TriggerAsync(TriggerKind.Boot, null, life);
    }

    internal void MarkPrepared(IChargePointSession session)
    {
        if (_link is { } link && ReferenceEquals(link.Session, session))
            link.Prepared = true;
    }

    /// <summary>Waits until calls may go out; false when the time is up or there is no link.</summary>
    internal async Task<bool> WaitReadyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_link is not { } link)
            return false;
        try
        {
            await link.Ready.Task.WaitAsync(limit, _services.Time, cancellationToken);
            return ReferenceEquals(_link, link);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A fact of this service's own making; items that find the inbox full wait on the thread pool.</summary>
    internal void Post(int connectorId, ChargerEvent fact) => Post(new Report(null, connectorId, fact));

    internal void Post(object item)
    {
        if (!TryPost(item))
            _ = Task.Run(async () => await PostAsync(item));
    }

    private protected override void Handle(object item)
    {
        try
        {
            switch (item)
            {
                case Report report:
                    OnReport(report);
                    break;
                case StateWaiter waiter:
                    waiter.Charger.Add(waiter);
                    break;
                case Connected connected:
                    OnConnected(connected.Link);
                    break;
                case Grown grown:
                    Grow(grown.Record);
                    break;
                case Recalled recalled:
                    Recall(recalled.Memory);
                    break;
                case Announcement:
                    TellAll();
                    break;
                case Disconnected disconnected:
                    OnDisconnected(disconnected.Session);
                    break;
            }
        }
        catch (Exception e)
        {
            LogItemFailed(e, Id, item.GetType().Name);
        }
    }

    private void OnConnected(Link link)
    {
        if (_link is { } old)
        {
            if (old.Session.Generation > link.Session.Generation)
            {
                link.Session.Close(SessionEnd.Replaced);
                return;
            }
            End(old);
            old.Session.Close(SessionEnd.Replaced);
        }
        _link = link;
        ExternalLimit = null;
        LinkSince = link.Since;
        Generation = link.Session.Generation;
        if (Record is { } record)
            Grow(record);
        foreach (Charger charger in _chargers.Values)
        {
            // Generations rise for ever, so a new link's states are newer than whatever any node published before.
            ChargerState state = charger.State;
            charger.Set(state with { Sequence = Math.Max(state.Sequence + 1, link.Session.Generation << 32) });
        }
        TellAll();
        LogConnected(Id, link.Session.OcppVersion, link.Session.Generation);
        _ = SessionSetup.RunAsync(this, link.Session, link.Ready, link.Life.Token);
    }

    private void OnDisconnected(IChargePointSession session)
    {
        if (_link is not { } link || !ReferenceEquals(link.Session, session))
            return;
        End(link);
        _link = null;
        LinkSince = _services.Time.GetUtcNow();
        foreach (Charger charger in _chargers.Values)
            Tell(observer => observer.OnLinkChanged(charger));
        LogDisconnected(Id, session.Generation);
    }

    private void End(Link link)
    {
        link.Life.Cancel();
        link.Ready.TrySetCanceled();
        foreach (Charger charger in _chargers.Values)
            charger.EndWaits();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId} connected, OCPP {Version}, generation {Generation}")]
    private partial void LogConnected(ChargePointId chargePointId, string version, long generation);

    [LoggerMessage(Level = LogLevel.Information, Message = "Charge point {ChargePointId} disconnected, generation {Generation}")]
    private partial void LogDisconnected(ChargePointId chargePointId, long generation);

    [LoggerMessage(Level = LogLevel.Error, Message = "Charge point {ChargePointId}: handling {Item} failed")]
    private partial void LogItemFailed(Exception exception, ChargePointId chargePointId, string item);
}
