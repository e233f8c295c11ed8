using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>
/// An obedient charge point behind a load balancer: connects to some node, gives up a link on which nothing is answered, comes back on
/// another, and repeats what was not acknowledged.
/// </summary>
internal sealed class RoamingChargePoint(string id, string password, Func<Uri> balance)
{
    private readonly ConcurrentBag<int> _acknowledged = [];
    private readonly Lock _gate = new();
    private object? _start;
    private int? _running;
    private int? _ending;
    private int _starts;
    private int _stops;

    /// <summary>Ids of transactions that the service acknowledged.</summary>
    public IReadOnlyCollection<int> Acknowledged => _acknowledged;

    /// <summary>RemoteStartTransaction calls that arrived.</summary>
    public int Starts => _starts;

    /// <summary>RemoteStopTransaction calls that arrived.</summary>
    public int Stops => _stops;

    public string Id => id;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using TestChargePoint link = await TestChargePoint.ConnectAsync(balance(), id, password).WaitAsync(TimeSpan.FromSeconds(5), stop);
                await LiveAsync(link, stop);
            }
            catch (Exception e) when (e is WebSocketException or TimeoutException or OperationCanceledException or HttpRequestException or CallErrorException or IOException or ObjectDisposedException)
            {
                // Another link, another try.
            }
            await Task.Delay(Random.Shared.Next(50, 250), CancellationToken.None);
        }
    }

    private async Task LiveAsync(TestChargePoint link, CancellationToken stop)
    {
        var work = new SemaphoreSlim(1);
        link.On("SetChargingProfile", _ => new { status = "Accepted" });
        link.On("RemoteStartTransaction", call =>
        {
            Interlocked.Increment(ref _starts);
            lock (_gate)
            {
                if (_running is null && _start is null)
                    _start = new { connectorId = 1, idTag = call.GetProperty("idTag").GetString(), meterStart = Environment.TickCount & 0xFFFFFF, timestamp = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) };
            }
            work.Release();
            return new { status = "Accepted" };
        });
        link.On("RemoteStopTransaction", call =>
        {
            Interlocked.Increment(ref _stops);
            int transaction = call.GetProperty("transactionId").GetInt32();
            lock (_gate)
            {
                if (_running != transaction)
                    return new { status = "Rejected" };
                _ending = transaction;
            }
            work.Release();
            return new { status = "Accepted" };
        });
        await AskAsync(link, "BootNotification", new { chargePointVendor = "Test", chargePointModel = "Roaming", firmwareVersion = "1" });
        await AskAsync(link, "StatusNotification", new { connectorId = 1, errorCode = "NoError", status = _running is null ? "Preparing" : "Charging" });
        while (!stop.IsCancellationRequested && !link.Closed.IsCompleted)
        {
            await TellAsync(link);
            if (!await work.WaitAsync(TimeSpan.FromMilliseconds(400), stop))
                await AskAsync(link, "Heartbeat", new { });
        }
    }

    private async Task TellAsync(TestChargePoint link)
    {
        object? start;
        int? ending;
        lock (_gate)
            (start, ending) = (_start, _ending);
        if (start is not null)
        {
            int transaction = (await AskAsync(link, "StartTransaction", start)).GetProperty("transactionId").GetInt32();
            _acknowledged.Add(transaction);
            lock (_gate)
                (_start, _running) = (null, transaction);
            await AskAsync(link, "StatusNotification", new { connectorId = 1, errorCode = "NoError", status = "Charging" });
        }
        if (ending is { } id)
        {
            await AskAsync(link, "StopTransaction", new { transactionId = id, meterStop = Environment.TickCount & 0xFFFFFF, reason = "Remote", timestamp = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) });
            lock (_gate)
                (_running, _ending) = (null, null);
            await AskAsync(link, "StatusNotification", new { connectorId = 1, errorCode = "NoError", status = "Preparing" });
        }
    }

    private static Task<JsonElement> AskAsync(TestChargePoint link, string action, object payload) =>
        link.CallAsync(action, payload).WaitAsync(TimeSpan.FromSeconds(2.5));
}
