using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Samples come often enough whenever the transaction began, and though the charge point was busy when it was asked (charger behaviour, section 6).</summary>
public sealed class SamplingSetupTests : IAsyncLifetime
{
    private const string Faster = """{"key":"MeterValueSampleInterval","value":"10"}""";
    private ServiceHost _service = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Ocpp:CallTimeoutSeconds=1");
        await _service.CustomerAsync();
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    private static object Configuration => new { configurationKey = new[] { new { key = "MeterValueSampleInterval", @readonly = false, value = "60" } } };

    private async Task<TestChargePoint> BootAsync(string id, Func<JsonElement, object?> configuration)
    {
        await _service.RegisterAsync(id, "customer", "dev-" + id);
        TestChargePoint charger = await TestChargePoint.ConnectAsync(_service.Ocpp, id);
        charger.On("ChangeConfiguration", _ => new { status = "Accepted" });
        charger.On("GetConfiguration", configuration);
        await charger.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted" });
        return charger;
    }

    [Fact]
    public async Task A_transaction_that_began_before_the_interval_was_known_is_sampled_faster_too()
    {
        await using TestChargePoint charger = await BootAsync("EARLY", _ => null);
        charger.On("GetConfiguration", _ => null);
        await Wait.UntilAsync(() => charger.Frames.Any(frame => frame.Contains("GetConfiguration", StringComparison.Ordinal)), "the configuration was asked for");
        await charger.StatusAsync("Preparing");
        await charger.StartAsync("CARD");
        charger.On("GetConfiguration", _ => Configuration);
        await Wait.UntilAsync(() => charger.Frames.Any(frame => frame.Contains(Faster, StringComparison.Ordinal)), "a shorter interval was asked for");
    }

    [Fact]
    public async Task One_that_was_too_busy_to_tell_its_configuration_is_asked_once_more()
    {
        int asked = 0;
        await using TestChargePoint charger = await BootAsync("BUSY", _ => Interlocked.Increment(ref asked) == 1 ? null : Configuration);
        await Wait.UntilAsync(() => Volatile.Read(ref asked) == 2, "the configuration was asked for again");
        await charger.StatusAsync("Preparing");
        await charger.StartAsync("CARD");
        await Wait.UntilAsync(() => charger.Frames.Any(frame => frame.Contains(Faster, StringComparison.Ordinal)), "a shorter interval was asked for");
    }
}
