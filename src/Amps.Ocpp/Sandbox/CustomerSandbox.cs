using System.Security.Cryptography;
using System.Text;
using Amps.HardwareSim;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Sandbox;

/// <summary>The three simulated charge points of one customer, while they run.</summary>
internal sealed class CustomerSandbox(string customerId, ChargePointDirectory directory, SandboxOptions options, SimulationClock clock, TimeProvider time) : IAsyncDisposable
{
    private const int PasswordLength = 40;
    private const string CardOfTheDriver = "SANDBOX";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_stageLimit = TimeSpan.FromSeconds(5);
    private readonly Dictionary<DeviceId, (SandboxDevice Device, SimulatedChargePoint ChargePoint)> _devices = [];

    /// <summary>Registers the devices where they are not yet, and brings their charge points up.</summary>
    /// <exception cref="StorageUnavailableException">The registry cannot be written.</exception>
    public async Task StartAsync()
    {
        foreach (SandboxDevice device in SandboxDevice.All)
        {
            // Good for this life of the process only: nobody else can be this charge point.
            string password = RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", PasswordLength);
            PasswordHash hash = Passwords.Create(Encoding.UTF8.GetBytes(password));
            await directory.ChangeAsync(device.ChargePointOf(customerId), known => device.Register(known, customerId, hash, time.GetUtcNow()), CancellationToken.None);
            var chargePoint = new SimulatedChargePoint(device.Simulate(options, customerId, password), clock);
            if (device.Fault is { } fault)
                chargePoint.Fault(1, fault);
            chargePoint.Start();
            _devices[device.DeviceOf(customerId)] = (device, chargePoint);
        }
        await UntilAsync(() => _devices.Values.All(entry => entry.ChargePoint.IsSettled), options.StartLimit, CancellationToken.None);
    }

    /// <summary>Readies a device for a push, so that the outcome asked for is the one that comes, whatever was before.</summary>
    public async Task PrepareAsync(DeviceId id, ChargerCommand command, SandboxControl control, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(control.DelayMs), time, cancellationToken);
        if (control.Outcome is not { } outcome || !_devices.TryGetValue(id, out (SandboxDevice Device, SimulatedChargePoint ChargePoint) entry))
            return;
        SimulatedChargePoint chargePoint = entry.ChargePoint;
        chargePoint.FailNext(CommandFault.None);
        chargePoint.ClearFault(1);
        chargePoint.PlugIn(1, entry.Device.Vehicle);
        bool running = command == ChargerCommand.Idle;
        if (running)
            chargePoint.StartLocally(1, CardOfTheDriver);
        else if (outcome != SandboxOutcome.Complete)
            chargePoint.StopLocally(1);
        await UntilAsync(() => chargePoint.IsSettled && (!running || chargePoint.Snapshots[0].TransactionId is not null), s_stageLimit, cancellationToken);
        chargePoint.FailNext(outcome switch
        {
            SandboxOutcome.Reject => CommandFault.Reject,
            SandboxOutcome.Timeout => CommandFault.Silence,
            SandboxOutcome.Offline => CommandFault.LinkLoss,
            SandboxOutcome.Fault => CommandFault.Fault,
            _ => CommandFault.None,
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((_, SimulatedChargePoint chargePoint) in _devices.Values)
            await chargePoint.DisposeAsync();
        _devices.Clear();
    }

    private async Task UntilAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (!condition() && time.GetElapsedTime(start) < limit)
            await Task.Delay(s_look, time, cancellationToken);
    }
}
