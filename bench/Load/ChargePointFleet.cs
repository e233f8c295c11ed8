using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Load;

/// <summary>Connected and booted charge points.</summary>
internal sealed class ChargePointFleet : IDisposable
{
    private const int AtOnce = 64;

    /// <summary>A 1.6 MeterValues of about 1 KB, measured now: energy, power, currents, voltages and state of charge; the energy changes with each use.</summary>
    public static string MeterValues => """
        {"connectorId":1,"transactionId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[
        {"value":"00000000","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},
        {"value":"11040.0","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},
        {"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unit":"A"},
        {"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","phase":"L2","unit":"A"},
        {"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","phase":"L3","unit":"A"},
        {"value":"230.1","context":"Sample.Periodic","measurand":"Voltage","phase":"L1-N","unit":"V"},
        {"value":"229.8","context":"Sample.Periodic","measurand":"Voltage","phase":"L2-N","unit":"V"},
        {"value":"230.4","context":"Sample.Periodic","measurand":"Voltage","phase":"L3-N","unit":"V"},
        {"value":"54","context":"Sample.Periodic","measurand":"SoC","unit":"Percent"}]}]}
        """.Replace("2026-01-01T00:00:00Z", DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private readonly List<OcppClient> _clients = [];
    private readonly List<Task> _resting = [];

    /// <summary>Connects and boots; each tells a status, and one sample of its meter, once.</summary>
    /// <param name="port">Port of the server.</param>
    /// <param name="count">How many.</param>
    /// <param name="first">Number of the first one.</param>
    /// <param name="mixed">Every fifth speaks OCPP 2.0.1, the others 1.6.</param>
    /// <param name="atOnce">So many connect at the same time.</param>
    /// <param name="rest">They rest at once: they answer pings and calls, and make none of their own any more.</param>
    public static async Task<ChargePointFleet> ConnectAsync(int port, int count, bool rest = false, int first = 0, bool mixed = false, int atOnce = AtOnce)
    {
        var fleet = new ChargePointFleet();
        foreach (int[] some in Enumerable.Range(first, count).Chunk(atOnce))
        {
            OcppClient[] clients = await Task.WhenAll(some.Select(number => ConnectOneAsync(port, number, mixed && number % 5 == 0 ? ChargePointWords.Ocpp201 : ChargePointWords.Ocpp16)));
            fleet._clients.AddRange(clients);
            // What a server asks is answered while the others still connect, not by all at one moment in the end.
            if (rest)
                fleet._resting.AddRange(clients.Select(client => client.IdleAsync()));
        }
        return fleet;
    }

    public IReadOnlyList<OcppClient> Clients => _clients;

    /// <summary>A closed loop of one call on every connection.</summary>
    public ClosedLoop Loop(string action, string payload) => new([.. _clients.Select(client =>
    {
        OcppClient.Call call = OcppClient.Prepare(action, Compact(payload));
        return (Func<ValueTask>)(() => client.CallAsync(call));
    })]);

    /// <summary>One line, as charge points send it.</summary>
    public static string Compact(string payload) => payload.ReplaceLineEndings("");

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    /// <summary>Connects one and boots it; it tells a status and a sample.</summary>
    public static async Task<OcppClient> ConnectOneAsync(int port, int number, ChargePointWords words)
    {
        var client = new OcppClient(AmpsServer.ChargePoint(number), words);
        await client.ConnectAsync(port, number, AmpsServer.Password);
        await client.CallAsync(OcppClient.Prepare("BootNotification", words.Boot));
        await client.CallAsync(OcppClient.Prepare("StatusNotification", words.Status(0)));
        await client.CallAsync(OcppClient.Prepare("MeterValues", words.MeterValues));
        return client;
    }
}
