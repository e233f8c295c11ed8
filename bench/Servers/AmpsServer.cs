using System.Text;
using Amps.Ocpp.Hosting;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Amps.Ocpp.Bench.Servers;

/// <summary>The whole service as an operator runs it, with its own broker; only the log is set to warnings, and the limits of rate raised.</summary>
internal static class AmpsServer
{
    /// <summary>What all charge points of the measurements present; as long and mixed as a generated one.</summary>
    public const string Password = "q7Rk2mXv9TbLw4ZsYc8N";

    public const string Customer = "customer";

    public static string ChargePoint(int number) => $"CP{number:00000}";

    public static string Device(int number) => $"device{number:00000}";

    public static WebApplication Build(ServerPlace place) => AmpsService.Build(
    [
        $"--Kestrel:Endpoints:Api:Url=http://127.0.0.1:{place.ApiPort}",
        $"--Kestrel:Endpoints:Ocpp:Url=http://127.0.0.1:{place.OcppPort}",
        $"--Amps:DataDirectory={place.Data}",
        $"--Amps:Mqtt:Port={place.MqttPort}",
        "--Amps:RateLimit:RequestsPerSecond=1000000",
        "--Amps:RateLimit:Burst=10000000",
        "--Amps:Ocpp:MessagesPerSecond=0",
        .. place.Settings.Select(setting => "--" + setting),
    ],
    static builder =>
    {
        // The standard output carries the answers to the parent.
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter(static (category, level) => level >= LogLevel.Warning);
    });

    /// <summary>Registers accepted charge points of one customer, each with one device and a password; returns the customer's key.</summary>
    public static async Task<string> SeedAsync(IServiceProvider services, int count)
    {
        KeyRing keys = services.GetRequiredService<KeyRing>();
        ChargePointDirectory directory = services.GetRequiredService<ChargePointDirectory>();
        await keys.SaveCustomerAsync(Customer, liveEnabled: true, CancellationToken.None);
        (_, string key) = await keys.IssueAsync(Customer, ApiEnvironment.Live, KeyPermissions.Read | KeyPermissions.Control, null, CancellationToken.None);
        foreach (int[] some in Enumerable.Range(0, count).Chunk(100))
            await Task.WhenAll(some.Select(number => directory.ChangeAsync(Id(number), _ => Record(number), CancellationToken.None)));
        return key;
    }

    private static ChargePointRecord Record(int number) => new()
    {
        Id = Id(number),
        CustomerId = Customer,
        Admission = Admission.Accepted,
        CreatedAt = DateTimeOffset.UtcNow,
        Password = Passwords.Create(Encoding.ASCII.GetBytes(Password)),
        Configuration = new ChargePointConfiguration { Vendor = "Vendor", Model = "Model", Phases = 3, RatedPowerKw = 22 },
        Devices = [new DeviceRecord(new DeviceId(Device(number)), 1)],
    };

    private static ChargePointId Id(int number) => ChargePointId.TryParse(ChargePoint(number), out ChargePointId id)
        ? id
        : throw new ArgumentOutOfRangeException(nameof(number));
}
