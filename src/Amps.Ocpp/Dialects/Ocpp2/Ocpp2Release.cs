using Amps.Ocpp.Dialects.Shapes;
using Amps.Ocpp.Ocppj;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>What tells the releases of OCPP 2 apart; everything else is the same code.</summary>
/// <param name="Version">As operators write it.</param>
/// <param name="Actions">Every message of the release.</param>
/// <param name="ConnectionOptions">Message types and limits of its links.</param>
/// <param name="NoScheduleStatus">What NotifyEVChargingNeeds is answered where no schedule will be computed.</param>
internal sealed record Ocpp2Release(string Version, ActionTable Actions, OcppConnectionOptions ConnectionOptions, string NoScheduleStatus)
{
    /// <summary>OCPP 2.0.1 edition 3; its tables are read when the first station speaks it.</summary>
    public static Lazy<Ocpp2Release> V201 { get; } = new(() =>
        Make("2.0.1", ShapeNotation.Read(Table("2.0.1")), OcppConnectionOptions.Ocpp201(), "Rejected"));

    /// <summary>OCPP 2.1 edition 1: 2.0.1, changed and added to.</summary>
    public static Lazy<Ocpp2Release> V21 { get; } = new(() =>
        Make("2.1", ShapeNotation.Read(Table("2.0.1"), Table("2.1")), OcppConnectionOptions.Ocpp21(), "NoChargingProfile"));

    private static Ocpp2Release Make(string version, ActionTable actions, OcppConnectionOptions options, string noSchedule) =>
        new(version, actions, options with { ActionNames = actions.NameOf }, noSchedule);

    private static string Table(string version)
    {
        using Stream stream = typeof(Ocpp2Release).Assembly.GetManifestResourceStream($"ocpp{version}.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
