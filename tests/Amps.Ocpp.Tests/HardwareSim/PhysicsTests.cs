using Amps.HardwareSim;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.HardwareSim;

/// <summary>What flows, as hardware would have it.</summary>
public sealed class PhysicsTests
{
    private static SimulatedChargePointOptions Options(Uri ocpp, string? folder, double timeScale, ConnectorOptions connector) => new()
    {
        Id = "SIM1",
        Url = new Uri(ocpp.ToString().TrimEnd('/')),
        Connectors = [connector],
        DataDirectory = folder,
        TimeScale = timeScale,
        ReconnectAfter = TimeSpan.FromMilliseconds(100),
    };

    [Fact]
    public async Task A_battery_tapers_and_fills_and_energy_is_power_over_time()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        // Minutes pass in a second: a small battery is full soon.
        await using var charger = new SimulatedChargePoint(
            Options(service.Ocpp, null, 200, new ConnectorOptions { Vehicle = new VehicleOptions { BatteryKwh = 20, StateOfCharge = 75 } }), clock);
        charger.Start();
        await Wait.UntilAsync(() => charger.IsAccepted, "the boot is accepted");
        charger.PresentCard(1, "CARD");
        var powers = new List<double>();
        await Wait.UntilAsync(() =>
        {
            powers.Add(charger.Snapshots[0].PowerKw);
            return charger.Snapshots[0].StateOfCharge >= 100 && charger.Snapshots[0].Status == "SuspendedEV";
        }, "the battery is full");
        ConnectorSnapshot full = charger.Snapshots[0];
        Assert.Equal(0, full.CurrentA);
        Assert.Equal(22.08, powers.Max(), 2);
        Assert.Contains(powers, power => power is > 0 and < 22);
        // A quarter of 20 kWh, and what the last step put on top.
        Assert.InRange(full.EnergyWh, 4_990, 5_000 + (22_080 * 400 / 3600.0));
    }

    [Fact]
    public async Task What_must_survive_a_power_cut_does()
    {
        string folder = Directory.CreateTempSubdirectory("sim-").FullName;
        try
        {
            await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
            using ApiClient app = await service.CustomerAsync();
            await service.RegisterAsync("SIM1", "customer", "dev1");
            await using var clock = new SimulationClock();
            var connector = new ConnectorOptions { Vehicle = new VehicleOptions() };
            double energy;
            await using (var charger = new SimulatedChargePoint(Options(service.Ocpp, folder, 600, connector), clock))
            {
                charger.Start();
                await Wait.UntilAsync(() => charger.IsAccepted, "the boot is accepted");
                await app.PostAsync("/ev-charger/dev1/settings", new { max_charge_rate = new { value = 7.4, unit = "kw" } });
                await Wait.UntilAsync(() => charger.Snapshots[0].LimitA == 10.7, "the cap is in force");
                charger.PresentCard(1, "CARD");
                await Wait.UntilAsync(() => charger.Snapshots[0].EnergyWh > 1000, "energy flowed");
                charger.Unplug(1);
                energy = charger.Snapshots[0].EnergyWh;
            }
            await using var again = new SimulatedChargePoint(Options(service.Ocpp, folder, 1, connector), clock);
            Assert.Equal(10.7, again.Snapshots[0].LimitA);
            Assert.Equal(energy, again.Snapshots[0].EnergyWh);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Transaction_messages_of_an_offline_time_are_told_afterwards_in_order()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("SIM1", "customer", "dev1");
        await using var clock = new SimulationClock();
        await using var charger = new SimulatedChargePoint(Options(service.Ocpp, null, 1, new ConnectorOptions { Vehicle = new VehicleOptions() }), clock);
        List<string> told = [];
        charger.FrameSeen += (sent, text) =>
        {
            if (sent && text.Contains("Transaction\""))
            {
                lock (told)
                    told.Add(text);
            }
        };
        charger.Start();
        await Wait.UntilAsync(() => charger.IsAccepted, "the boot is accepted");
        charger.PresentCard(1, "CARD");
        await Wait.UntilAsync(() => charger.Snapshots[0].TransactionId is not null, "a transaction runs");
        charger.GoOffline();
        charger.PresentCard(1, "CARD");
        await Wait.UntilAsync(() => charger.Snapshots[0].TransactionId is null, "it was stopped by the card");
        charger.GoOnline();
        await app.UntilAsync("/ev-charger/dev1", read => read.GetProperty("state").GetProperty("status").GetString() == "finishing");
        await Wait.UntilAsync(() =>
        {
            lock (told)
                return told.ToArray() is [var start, .. { Length: > 0 } stops] && start.Contains("\"StartTransaction\"") && stops.All(stop => stop.Contains("\"StopTransaction\""));
        }, "both were told in order, the stop again if its answer was lost: " + string.Join(' ', told));
    }
}
