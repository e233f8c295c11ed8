using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Operator;

/// <summary>Changes of passwords over the link, and security events (charger behaviour, section 2).</summary>
internal sealed class SecurityEndpoints(ChargePointDirectory directory, ChargePointRouter router, SecurityEvents events, KeyGate gate)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 500;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/operator/charge-points/{chargePointId}/password", gate.Require(KeyPermissions.Operator, ChangePasswordAsync));
        routes.MapGet("/operator/charge-points/{chargePointId}/security-events", gate.Require(KeyPermissions.Operator, ListOfOneAsync));
        routes.MapGet("/operator/security-events", gate.Require(KeyPermissions.Operator, context => ListAsync(context, null)));
    }

    private Task ChangePasswordAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "password");
        string? given = body.Text(body.Root, "", "password", maxLength: 256);
        if (given is not null && !ChargePointBody.IsPassword(given))
            body.Errors.Add(new FieldError("password", ChargePointBody.PasswordRule));
        if (body.Errors.Count > 0)
            return;
        if (Find(context) is not { } record)
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
        else if (await router.ChangePasswordAsync(record.Id, given ?? Passwords.Generate(), context.RequestAborted) is not { } answer)
            await Envelope.WriteAsync(context, new ApiProblem(503, ErrorCodes.DeviceOffline, "The charge point is not connected."));
        else
            await Envelope.WriteAsync(context, 200, (directory.Find(record.Id) ?? record, answer), WriteChange);
    });

    private async Task ListOfOneAsync(HttpContext context)
    {
        if (Find(context) is { } record)
            await ListAsync(context, record.Id);
        else
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
    }

    private async Task ListAsync(HttpContext context, ChargePointId? chargePoint)
    {
        Query query = Query.Read(context, "limit");
        int limit = query.Whole("limit", 1, MaxLimit, DefaultLimit);
        if (query.Errors.Count > 0)
            await Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
        else
            await Envelope.WriteAsync(context, 200, await events.ListAsync(chargePoint, limit, context.RequestAborted), WriteEvents);
    }

    private ChargePointRecord? Find(HttpContext context) =>
        ChargePointId.TryParse(context.Request.RouteValues["chargePointId"] as string, out ChargePointId id) ? directory.Find(id) : null;

    private static void WriteChange(Utf8JsonWriter json, (ChargePointRecord Record, CallAnswerSummary Answer) change)
    {
        json.WriteStartObject();
        json.WriteString("chargePointId", change.Record.Id.Value);
        json.WriteString("outcome", change.Answer switch
        {
            { Status: CallStatus.Accepted } => "accepted",
            { Status: CallStatus.Rejected } => "rejected",
            { Status: CallStatus.NotSupported } => "notSupported",
            { Sent: false } => "busy",
            _ => "unknown",
        });
        json.WriteBoolean("pending", !change.Record.NextPasswords.IsEmpty);
        json.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter json, IReadOnlyList<SecurityEvent> events)
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (SecurityEvent told in events)
        {
            json.WriteStartObject();
            Envelope.WriteTime(json, "at"u8, told.At);
            json.WriteString("chargePointId", told.ChargePoint?.Value);
            json.WriteString("source", told.FromChargePoint ? "chargePoint" : "service");
            json.WriteString("type", told.Type);
            Envelope.WriteTime(json, "toldAt"u8, told.ToldAt);
            json.WriteString("detail", told.Detail);
            json.WriteString("address", told.Address);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
