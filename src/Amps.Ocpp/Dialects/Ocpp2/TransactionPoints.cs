using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Dialects.Ocpp2;

/// <summary>
/// What a station's TxStartPoint and TxStopPoint mean (2.0.1 part 2, section 2.6.4): one of the named points is enough to start, and the end of any
/// of them to stop. Words of other standards are passed over.
/// </summary>
internal static class TransactionPoints
{
    /// <summary>Null = it names none that is known.</summary>
    public static TransactionStart? StartOf(string? points) => Words(points) switch
    {
        var words when words.Contains("EVConnected") || words.Contains("ParkingBayOccupancy") => TransactionStart.AtPlugIn,
        var words when words.Contains("Authorized") => TransactionStart.AtAuthorization,
        var words when words.Contains("PowerPathClosed") => TransactionStart.WhenReady,
        var words when words.Contains("EnergyTransfer") || words.Contains("DataSigned") => TransactionStart.WithEnergy,
        _ => null,
    };

    /// <summary>Null = it names none that is known.</summary>
    public static TransactionEnd? EndOf(string? points) => Words(points) switch
    {
        var words when words.Contains("EnergyTransfer") || words.Contains("DataSigned") => TransactionEnd.WithEnergy,
        var words when words.Contains("Authorized") || words.Contains("PowerPathClosed") => TransactionEnd.AtStop,
        var words when words.Contains("EVConnected") || words.Contains("ParkingBayOccupancy") => TransactionEnd.AtPlugOut,
        _ => null,
    };

    private static HashSet<string> Words(string? points) =>
        new((points ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);
}
