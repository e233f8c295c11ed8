using Amps.Ocpp.Model;

namespace Amps.Ocpp.Actions;

/// <summary>Readies a simulated charge point for what a sandbox push asks of it (canonical API, section 8).</summary>
public interface ISandboxStage
{
    /// <summary>Returns when the command can be sent: the delay is over and the charge point will do as asked.</summary>
    Task PrepareAsync(DeviceId device, ChargerCommand command, SandboxControl control, CancellationToken cancellationToken);
}
