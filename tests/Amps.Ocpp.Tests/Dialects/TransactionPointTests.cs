using Amps.Ocpp.Dialects.Ocpp2;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>What TxStartPoint and TxStopPoint mean (2.0.1 part 2, section 2.6.4).</summary>
public sealed class TransactionPointTests
{
    [Theory]
    [InlineData("EVConnected", TransactionStart.AtPlugIn)]
    [InlineData("PowerPathClosed,ParkingBayOccupancy", TransactionStart.AtPlugIn)]
    [InlineData("Authorized", TransactionStart.AtAuthorization)]
    [InlineData("Authorized, EVConnected", TransactionStart.AtPlugIn)]
    [InlineData("powerpathclosed,EnergyTransfer", TransactionStart.WhenReady)]
    [InlineData("EnergyTransfer", TransactionStart.WithEnergy)]
    [InlineData("DataSigned", TransactionStart.WithEnergy)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("Sunrise", null)]
    public void The_earliest_of_the_start_points_counts(string? points, TransactionStart? meant) => Assert.Equal(meant, TransactionPoints.StartOf(points));

    [Theory]
    [InlineData("EVConnected", TransactionEnd.AtPlugOut)]
    [InlineData("ParkingBayOccupancy,EVConnected", TransactionEnd.AtPlugOut)]
    [InlineData("EVConnected,Authorized", TransactionEnd.AtStop)]
    [InlineData("PowerPathClosed", TransactionEnd.AtStop)]
    [InlineData("Authorized,EnergyTransfer", TransactionEnd.WithEnergy)]
    [InlineData("DataSigned", TransactionEnd.WithEnergy)]
    [InlineData("", null)]
    [InlineData("Sunset", null)]
    public void The_earliest_of_the_stop_points_counts(string points, TransactionEnd? meant) => Assert.Equal(meant, TransactionPoints.EndOf(points));
}
