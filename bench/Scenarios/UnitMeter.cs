using System.Globalization;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Scenarios;

/// <summary>Sums since the start of the service.</summary>
internal sealed record Units(double CpuMicroseconds, double BrokerMicroseconds, double Writes, double Published);

/// <summary>Reads the sums from the service's metrics and from the kernel's account of its broker.</summary>
internal sealed class UnitMeter(ChildServer server, string data) : IDisposable
{
    private const int TicksPerSecond = 100;

    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{server.ApiPort}") };

    public async Task<Units> ReadAsync()
    {
        string metrics = await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        (double cpu, _) = await server.FiguresAsync();
        return new Units(cpu, Broker(), Sum(metrics, "amps_storage_writes_total"), Sum(metrics, "amps_mqtt_published_total"));
    }

    public void Dispose() => _http.Dispose();

    private static double Sum(string metrics, string name) => metrics.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    private double Broker()
    {
        string id = File.ReadAllText(Path.Combine(data, "mosquitto", "mosquitto.pid"));
        // Behind the name in brackets: user and system time are the 12th and 13th field.
        string stat = File.ReadAllText($"/proc/{id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) * 1e6 / TicksPerSecond;
    }
}
