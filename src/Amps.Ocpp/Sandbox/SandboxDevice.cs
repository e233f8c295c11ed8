using System.Security.Cryptography;
using System.Text;
using Amps.HardwareSim;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Sandbox;

/// <summary>One of the three devices that every sandbox holds (canonical API, section 8).</summary>
internal sealed record SandboxDevice(int Number, string Name, string Model, double RatedKw, int Phases, double RatedCurrent, bool Plugged, string? Fault)
{
    public static IReadOnlyList<SandboxDevice> All { get; } =
    [
        new(1, "device_ev_001", "7kW AC Charger", 7.36, 1, 32, Plugged: true, Fault: null),
        new(2, "device_ev_002", "22kW AC Charger", 22.08, 3, 32, Plugged: false, Fault: null),
        new(3, "device_ev_003", "11kW AC Charger", 11.04, 3, 16, Plugged: false, Fault: "GroundFailure"),
    ];

    public VehicleOptions Vehicle => new() { Phases = Phases };

    public DeviceId DeviceOf(string customerId) => DeviceId.InSandbox(customerId, new DeviceId(Name));

    /// <summary>Identity of the charge point: the same for a customer on any node at any time.</summary>
    public ChargePointId ChargePointOf(string customerId)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(customerId)).AsSpan(0, 12));
        return ChargePointId.TryParse($"sandbox-{digest}-{Number}", out ChargePointId id) ? id : throw new InvalidOperationException("Not an identity.");
    }

    /// <summary>The charge point's record: what a customer changed stays, what makes it this device does not.</summary>
    public ChargePointRecord Register(ChargePointRecord? known, string customerId, PasswordHash password, DateTimeOffset now) =>
        (known ?? new ChargePointRecord { Id = ChargePointOf(customerId), CreatedAt = now, Devices = [new DeviceRecord(DeviceOf(customerId), 1)] }) with
        {
            CustomerId = customerId,
            Environment = ApiEnvironment.Sandbox,
            Admission = Admission.Accepted,
            Password = password,
            Configuration = new ChargePointConfiguration
            {
                Vendor = "amps_sandbox",
                Model = Model,
                Phases = Phases,
                RatedPowerKw = RatedKw,
                OcppVersion = "1.6",
            },
        };

    public SimulatedChargePointOptions Simulate(SandboxOptions options, string customerId, string password) => new()
    {
        Id = ChargePointOf(customerId).Value,
        Url = options.Endpoint,
        Password = password,
        Vendor = "amps_sandbox",
        Model = Model,
        DataDirectory = options.DataDirectory,
        ReconnectAfter = TimeSpan.FromSeconds(1),
        MeterValueSampleInterval = 15,
        Connectors = [new ConnectorOptions { Phases = Phases, RatedCurrent = RatedCurrent, Vehicle = Plugged ? Vehicle : null }],
    };
}
