using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>A running service for many scripted charge points, each with one device of its own.</summary>
public abstract class ChargerHouse(params string[] settings) : IAsyncLifetime
{
    private int _next;

    public ServiceHost Service { get; private set; } = null!;

    public ApiClient App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = await ServiceHost.StartAsync([
            "Amps:Mqtt:Mode=Off", "Amps:Charging:InferEndAfterSeconds=1", "Amps:Actions:ConfirmationTimeoutSeconds=6",
            "Amps:RateLimit:RequestsPerSecond=100000", "Amps:RateLimit:Burst=100000", .. settings]);
        App = await Service.CustomerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        App.Dispose();
        await Service.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A booted charge point that says <c>Available</c>, and its device.</summary>
    public Task<ScriptedCharger> BootAsync(object? configuration = null, double? cap = null) => BootAsync($"S{Interlocked.Increment(ref _next)}", configuration, cap);

    private async Task<ScriptedCharger> BootAsync(string id, object? configuration, double? cap)
    {
        await Service.RegisterAsync(id, "customer", configuration ?? new { phases = 3 }, "dev-" + id);
        if (cap is not null)
            await App.PostAsync($"/ev-charger/dev-{id}/settings", new { max_charge_rate = new { value = cap, unit = "kw" } });
        return await ScriptedCharger.BootAsync(Service, App, id);
    }
}

/// <summary>A service that stops transactions to hold a session, the default.</summary>
public sealed class StopHouse() : ChargerHouse;

/// <summary>A service that holds sessions by a limit of zero.</summary>
public sealed class HoldHouse() : ChargerHouse("Amps:Charging:IdleStrategy=Hold");
