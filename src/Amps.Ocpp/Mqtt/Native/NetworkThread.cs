using System.Diagnostics;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>
/// Makes one link after the other and runs each until it ends. The library's own loop is not used: it waits with select(), which
/// gives up for good once the socket's number is above 1,023, and a service with thousands of charge points gets there.
/// </summary>
internal sealed class NetworkThread(MqttOptions options, MqttLastWill? lastWill, PublishTable publishes, SubscriptionTable subscriptions, WakeUp wakeUp, ILogger logger)
{
    private static readonly TimeSpan AcceptLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GoodByeLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortLink = TimeSpan.FromMinutes(1);
    private const int SuspiciousShortLinks = 5;
    private const int TurnMilliseconds = 1_000;
    private const int HoldingTurnMilliseconds = 100;

    private readonly MessageDelivery _delivery = new(subscriptions, options.StallLimit, wakeUp, logger);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;
    private bool _wasConnected;
    private bool _accepted;
    private int _shortLinks;
    private string? _reported;

    /// <summary>The broker accepted the link.</summary>
    public required Action<MosquittoLink> Attached { get; init; }

    /// <summary>The link must not be used any more, for the reason given; also called when none came about.</summary>
    public required Action<string> Detached { get; init; }

    private bool IsStopping => _stop.Task.IsCompleted;

    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            return;
        new Thread(Run) { IsBackground = true, Name = "MQTT" }.Start();
    }

    /// <summary>Completes when the thread has ended; later than wished while it waits for a host that does not answer.</summary>
    public Task StopAsync()
    {
        _stop.TrySetResult();
        wakeUp.Signal();
        return Interlocked.Exchange(ref _started, 1) == 0 ? Task.CompletedTask : _ended.Task;
    }

    private void Run()
    {
        var backOff = new BackOff(options.ReconnectMin, options.ReconnectMax);
        while (!IsStopping)
        {
            var began = Stopwatch.GetTimestamp();
            _accepted = false;
            var end = Suspect(RunLinkSafely(), Stopwatch.GetElapsedTime(began));
            Detached(end.Reason);
            if (end.Kind == LinkEndKind.Stopped)
                break;
            Report(end);
            if (Stopwatch.GetElapsedTime(began) > SteadyAfter)
                backOff.Reset();
            _stop.Task.Wait(end.Kind == LinkEndKind.Lost ? backOff.Next() : BackOff.Jittered(options.RefusedRetry));
        }
        wakeUp.Dispose();
        _ended.TrySetResult();
    }

    /// <summary>Mosquitto before 2.1 ends the older of two clients of one identifier without a reason code.</summary>
    private LinkEnd Suspect(LinkEnd end, TimeSpan lasted)
    {
        _shortLinks = _accepted && end.Kind == LinkEndKind.Lost && lasted < ShortLink ? _shortLinks + 1 : 0;
        return _shortLinks < SuspiciousShortLinks
            ? end
            : new(LinkEndKind.TakenOver, $"The broker accepts the connection and soon ends it, time and again: another client may be named {options.ClientId}.");
    }

    private LinkEnd RunLinkSafely()
    {
        try
        {
            return RunLink();
        }
        catch (Exception exception)
        {
            MqttLog.LinkFailed(logger, exception);
            return new(LinkEndKind.Lost, exception.Message);
        }
    }

    private LinkEnd RunLink()
    {
        var events = new MosquittoEvents(options.MaxPayloadBytes);
        using var link = new MosquittoLink(options, lastWill, events);
        if (link.Connect(options) is { } error)
            return new(LinkEndKind.Lost, events.LogLine is { } line ? $"{error} ({line})" : error);
        try
        {
            if (!WaitUntilAccepted(link))
                return IsStopping ? new(LinkEndKind.Stopped, "Stopped.") : LinkEnd.Of(events, link.Error ?? "The broker did not answer CONNECT.");
            Welcome(link);
            return RunAccepted(link) ? SayGoodBye(link) : LinkEnd.Of(events, link.Error);
        }
        finally
        {
            // Before the link is freed.
            Detached("The connection ended.");
        }
    }

    private bool WaitUntilAccepted(MosquittoLink link)
    {
        var began = Stopwatch.GetTimestamp();
        while (link.Events.ConnectReason is null && !link.IsLost && !IsStopping && Stopwatch.GetElapsedTime(began) < AcceptLimit)
            link.Turn(wakeUp, mayRead: true, HoldingTurnMilliseconds);
        return link.Events.ConnectReason is 0 && !link.IsLost;
    }

    private void Welcome(MosquittoLink link)
    {
        link.StopLog();
        if (_wasConnected)
            MqttMetrics.Reconnects.Add(1);
        _wasConnected = true;
        _accepted = true;
        MqttLog.Connected(logger, options.Host, options.Port);
        Attached(link);
    }

    /// <summary>True when the client was stopped, false when the link was lost.</summary>
    private bool RunAccepted(MosquittoLink link)
    {
        var askedAgain = Stopwatch.GetTimestamp();
        long stopping = 0;
        while (!link.IsLost)
        {
            link.Turn(wakeUp, mayRead: !_delivery.IsHolding, _delivery.IsHolding ? HoldingTurnMilliseconds : TurnMilliseconds);
            HandOn(link.Events);
            if (subscriptions.RefusedFilter is not null && Stopwatch.GetElapsedTime(askedAgain) > options.RefusedRetry)
            {
                askedAgain = Stopwatch.GetTimestamp();
                subscriptions.AskAgainForRefused();
            }
            if (!IsStopping)
                continue;
            if (stopping == 0)
                stopping = Stopwatch.GetTimestamp();
            if (publishes.IsEmpty || Stopwatch.GetElapsedTime(stopping) > DrainLimit)
                return true;
        }
        return false;
    }

    private void HandOn(MosquittoEvents events)
    {
        if (events.Acknowledgements.Count > 0)
        {
            publishes.Acknowledge(events.Acknowledgements);
            events.Acknowledgements.Clear();
        }
        _delivery.Retry();
        foreach (var (message, tooLarge) in events.Messages)
            _delivery.Deliver(message, tooLarge);
        events.Messages.Clear();
        foreach (var (messageId, granted) in events.SubscribeAnswers)
        {
            if (subscriptions.Answer(messageId, granted) is { } refused)
                MqttLog.SubscriptionRefused(logger, refused, options.RefusedRetry);
        }
        events.SubscribeAnswers.Clear();
    }

    private LinkEnd SayGoodBye(MosquittoLink link)
    {
        Detached("Stopped.");
        link.Disconnect(withWill: lastWill is not null);
        var began = Stopwatch.GetTimestamp();
        while (!link.IsLost && link.HasOutput && Stopwatch.GetElapsedTime(began) < GoodByeLimit)
            link.Turn(wakeUp, mayRead: false, HoldingTurnMilliseconds);
        return new(LinkEndKind.Stopped, "Stopped.");
    }

    private void Report(LinkEnd end)
    {
        // A broker that stays away for hours is one line, not thousands.
        if (!_accepted && string.Equals(_reported, end.Reason, StringComparison.Ordinal))
            return;
        _reported = end.Reason;
        if (end.Kind == LinkEndKind.TakenOver)
            MqttLog.TakenOver(logger, options.ClientId, end.Reason, options.RefusedRetry);
        else if (end.Kind == LinkEndKind.Refused)
            MqttLog.Refused(logger, options.Host, options.Port, end.Reason, options.RefusedRetry);
        else
            MqttLog.Disconnected(logger, options.Host, options.Port, end.Reason);
    }
}
