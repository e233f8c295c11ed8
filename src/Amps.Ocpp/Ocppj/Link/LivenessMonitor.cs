using System.Buffers;

using Amps.Ocpp.Ocppj.Diagnostics;

namespace Amps.Ocpp.Ocppj.Link;

/// <summary>
/// Pings all links and drops those that fell silent, by one timer. Links are spread over as many buckets as the ping interval
/// has seconds, so each second has its share of the work.
/// </summary>
public sealed class LivenessMonitor : IDisposable
{
    private const int VisitsPerInterval = 4;

    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_ownPause = TimeSpan.FromSeconds(5);

    private readonly LivenessOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LivenessMonitor> _logger;
    private readonly List<OcppConnection>[] _buckets;
    private readonly ITimer _timer;
    private int _nextBucket;
    private int _running;
    private long _round;
    private long _lastRoundAt;
    private long _graceFrom;

    public LivenessMonitor(LivenessOptions options, TimeProvider time, ILogger<LivenessMonitor> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _buckets = new List<OcppConnection>[Math.Max(1, (int)(options.PingInterval / s_tick))];
        for (var i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] = [];
        }

        _lastRoundAt = _graceFrom = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((LivenessMonitor)state!).Tick(), this, s_tick, s_tick);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    internal void Register(OcppConnection connection)
    {
        connection.LivenessBucket = (int)((uint)Interlocked.Increment(ref _nextBucket) % (uint)_buckets.Length);
        var bucket = _buckets[connection.LivenessBucket];
        lock (bucket)
        {
            connection.LivenessSlot = bucket.Count;
            bucket.Add(connection);
        }
    }

    internal void Unregister(OcppConnection connection)
    {
        var bucket = _buckets[connection.LivenessBucket];
        lock (bucket)
        {
            var last = bucket[^1];
            bucket[connection.LivenessSlot] = last;
            last.LivenessSlot = connection.LivenessSlot;
            bucket.RemoveAt(bucket.Count - 1);
        }
    }

    private void Tick()
    {
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            return;
        }

        try
        {
            NoteOwnPause();
            var stride = Math.Max(1, _buckets.Length / VisitsPerInterval);
            for (var bucket = (int)(_round % stride); bucket < _buckets.Length; bucket += stride)
            {
                Visit(_buckets[bucket], isPingDue: bucket == _round % _buckets.Length);
            }

            _round++;
        }
        catch (Exception exception)
        {
            OcppjLog.LivenessRoundFailed(_logger, exception);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>After a pause of this process the silence of others proves nothing: they get the whole time again.</summary>
    private void NoteOwnPause()
    {
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_lastRoundAt, now) > s_ownPause)
        {
            _graceFrom = now;
        }

        _lastRoundAt = now;
    }

    private void Visit(List<OcppConnection> bucket, bool isPingDue)
    {
        OcppConnection[] connections;
        int count;
        lock (bucket)
        {
            count = bucket.Count;
            if (count == 0)
            {
                return;
            }

            connections = ArrayPool<OcppConnection>.Shared.Rent(count);
            bucket.CopyTo(connections);
        }

        var now = _time.GetTimestamp();
        foreach (var connection in connections.AsSpan(0, count))
        {
            var heardAt = Math.Max(connection.LastInboundTimestamp, _graceFrom);
            if (!connection.IsPaused && _time.GetElapsedTime(heardAt, now) >= _options.DeadAfter)
            {
                connection.DropSilent();
            }
            else if (isPingDue)
            {
                connection.RequestPing();
            }
        }

        ArrayPool<OcppConnection>.Shared.Return(connections, clearArray: true);
    }
}
