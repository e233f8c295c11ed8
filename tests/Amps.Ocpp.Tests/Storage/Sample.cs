using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>Records as the rooms above would hand them in.</summary>
internal static class Sample
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static ChargePointId Cp(string text) =>
        ChargePointId.TryParse(text, out ChargePointId id) ? id : throw new ArgumentException(text, nameof(text));

    public static ActionRecord Action(string device, int second = 0, ActionState state = ActionState.Acknowledged) => new()
    {
        Id = ActionId.New(Noon.AddSeconds(second)),
        DeviceId = new DeviceId(device),
        ChargePoint = Cp("Rdam 123"),
        ConnectorId = 1,
        CustomerId = "acme",
        UserId = "user-1",
        Environment = ApiEnvironment.Live,
        Command = ChargerCommand.Charge,
        State = state,
        CreatedAt = Noon.AddSeconds(second),
        UpdatedAt = Noon.AddSeconds(second),
    };

    public static NewTransaction Start(string chargePoint = "CP1", int connector = 1, int minute = 0, string tag = "TAG", double meter = 1000) =>
        new(Cp(chargePoint), connector, tag, Noon.AddMinutes(minute), meter, Noon.AddMinutes(minute).AddSeconds(1));

    public static TransactionStop Stop(long id, string chargePoint = "CP1", int minute = 60, double meter = 9000) => new(
        Cp(chargePoint), id, Noon.AddMinutes(minute), meter, "EVDisconnected", "TAG", Noon.AddMinutes(minute).AddSeconds(1), """{"meterStop":9000}""");

    public static ChargePointRecord ChargePoint(string id = "CP1", params DeviceRecord[] devices) => new()
    {
        Id = Cp(id),
        CreatedAt = Noon,
        Devices = [.. devices],
    };

    public static DeviceRecord Device(string id, int connector = 1) => new(new DeviceId(id), connector);

    public static ChargerSnapshot Snapshot(string device, long sequence, ChargerStatus status = ChargerStatus.Charging) => new()
    {
        DeviceId = device,
        Sequence = sequence,
        Status = status,
        IsCharging = true,
        CurrentPower = 7.36,
        ObservedAt = Noon,
        Node = "node-1",
    };
}
