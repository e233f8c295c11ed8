using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Recording;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Operator;

/// <summary>The flight recorder (operator surface, section 2).</summary>
internal sealed class FrameEndpoints(ChargePointDirectory directory, ChargePointRouter router, KeyGate gate)
{
    private const int DefaultLimit = 50;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/operator/charge-points/{chargePointId}/frames", gate.Require(KeyPermissions.Operator, GetAsync));

    private async Task GetAsync(HttpContext context)
    {
        Query query = Query.Read(context, "limit");
        int limit = query.Whole("limit", 1, FlightRecorder.MaxFrames, DefaultLimit);
        if (query.Errors.Count > 0)
            await Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
        else if (!ChargePointId.TryParse(context.Request.RouteValues["chargePointId"] as string, out ChargePointId id) || directory.Find(id) is not { } record)
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
        else
            await Envelope.WriteAsync(context, 200, (record.Id, Frames: await router.ReadFramesAsync(record.Id, limit, context.RequestAborted)), Write);
    }

    private static void Write(Utf8JsonWriter json, (ChargePointId Id, IReadOnlyList<RecordedFrame> Frames) log)
    {
        json.WriteStartObject();
        json.WriteString("chargePointId", log.Id.Value);
        json.WriteStartArray("items");
        foreach (RecordedFrame frame in log.Frames)
        {
            json.WriteStartObject();
            Envelope.WriteTime(json, "at"u8, frame.At);
            json.WriteString("direction", frame.FromChargePoint ? "received" : "sent");
            json.WriteString("text", frame.Text);
            json.WriteNumber("length", frame.Length);
            json.WriteBoolean("cut", frame.IsCut);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
