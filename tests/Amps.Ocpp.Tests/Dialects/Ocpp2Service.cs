using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>One service for a class of tests with 2.x stations.</summary>
public sealed class Ocpp2Service : IAsyncLifetime
{
    public ServiceHost Service { get; private set; } = null!;

    public ApiClient App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off", "Amps:Actions:ConfirmationTimeoutSeconds=6");
        App = await Service.CustomerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        App.Dispose();
        await Service.DisposeAsync();
    }

    /// <summary>Registers a station whose device has its name in small letters, and boots it.</summary>
    public async Task<TestStation> BootAsync(string id, string version, Action<TestStation>? before = null)
    {
        await Service.RegisterAsync(id, "customer", Device(id));
        return await TestStation.BootAsync(Service.Ocpp, id, version, before);
    }

    public static string Device(string id) => id.ToLowerInvariant().Replace('.', '-');
}
