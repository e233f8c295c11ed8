using Amps.Ocpp.Dialects.Shapes;
using static Amps.Ocpp.Dialects.Shapes.FieldShape;
using static Amps.Ocpp.Dialects.Shapes.ValueShape;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>Messages of the profile LocalAuthList (OCPP 1.6 section 6).</summary>
internal static class LocalAuthListMessages
{
    public static OcppAction[] All { get; } =
    [
        new("GetLocalListVersion", false, true,
            new MessageShape(),
            new MessageShape(
            Needs("listVersion", Whole))),
        new("SendLocalList", false, true,
            new MessageShape(
            Needs("listVersion", Whole),
            May("localAuthorizationList", List(Object(
                Needs("idTag", Text(20)),
                May("idTagInfo", SharedShapes.IdTagInfo)))),
            Needs("updateType", OneOf("Differential", "Full"))),
            new MessageShape(
            Needs("status", OneOf("Accepted", "Failed", "NotSupported", "VersionMismatch")))),
    ];
}
