using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile Reservation (OCPP 1.6 section 6).</summary>
internal static class ReservationMessages
{
    public static OcppAction[] All { get; } =
    [
        new("CancelReservation", false, true,
            new MessageShape(
            Needs("reservationId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Rejected")))),
        new("ReserveNow", false, true,
            new MessageShape(
            Needs("connectorId", Whole),
            Needs("expiryDate", Time),
            Needs("idTag", Text(20)),
            May("parentIdTag", Text(20)),
            Needs("reservationId", Whole)),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Faulted", "Occupied", "Rejected", "Unavailable")))),
    ];
}
