using System.Text.Json;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Operator;

/// <summary>Charge points and calls to them (operator surface, section 2).</summary>
internal sealed class ChargePointEndpoints(ChargePointDirectory directory, KeyRing keys, ChargePointRouter router, TimeProvider time, KeyGate gate)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/operator/charge-points", gate.Require(KeyPermissions.Operator, ListAsync));
        routes.MapGet("/operator/charge-points/{chargePointId}", gate.Require(KeyPermissions.Operator, GetAsync));
        routes.MapPut("/operator/charge-points/{chargePointId}", gate.Require(KeyPermissions.Operator, PutAsync));
        routes.MapDelete("/operator/charge-points/{chargePointId}", gate.Require(KeyPermissions.Operator, DeleteAsync));
        routes.MapPost("/operator/charge-points/{chargePointId}/calls", gate.Require(KeyPermissions.Operator, CallAsync));
    }

    private async Task ListAsync(HttpContext context)
    {
        Query query = Query.Read(context, "offset", "limit");
        (int offset, int limit) = query.Page();
        if (query.Errors.Count > 0)
        {
            await Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
            return;
        }
        IReadOnlyList<ChargePointRecord> all = directory.List();
        List<(ChargePointRecord, LinkView)> page = [.. all.Skip(offset).Take(limit).Select(record => (record, router.LookAtLink(record.Id)))];
        await Envelope.WriteAsync(context, 200, (page, offset, limit, all.Count), static (json, list) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items");
            foreach ((ChargePointRecord, LinkView) item in list.page)
                ChargePointJson.Write(json, item);
            json.WriteEndArray();
            json.WriteStartObject("pagination");
            json.WriteNumber("limit", list.limit);
            json.WriteNumber("offset", list.offset);
            json.WriteNumber("total", list.Count);
            json.WriteBoolean("hasMore", list.offset + list.page.Count < list.Count);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private async Task GetAsync(HttpContext context)
    {
        if (Find(context) is { } record)
            await Envelope.WriteAsync(context, 200, (record, await router.LookAtLinkAsync(record.Id, context.RequestAborted)), ChargePointJson.Write);
        else
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
    }

    private Task PutAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        if (!ChargePointId.TryParse(context.Request.RouteValues["chargePointId"] as string, out ChargePointId id))
        {
            body.Errors.Add(new FieldError("chargePointId", "1 to 48 characters of A-Z a-z 0-9 * - _ = + | @ . and blank."));
            return;
        }
        ChargePointBody change = ChargePointBody.Read(body, id, keys, directory);
        if (body.Errors.Count > 0)
            return;
        ChargePointRecord? before = null;
        ChargePointRecord? record = await directory.ChangeAsync(id, known => change.Apply(before = known, time.GetUtcNow()), context.RequestAborted);
        router.NotifyDevicesRemoved(id, Devices(before).Except(Devices(record)));
        router.NotifyChanged(id);
        await Envelope.WriteAsync(context, 200, (record!, router.LookAtLink(id)), ChargePointJson.Write);
    });

    private async Task DeleteAsync(HttpContext context)
    {
        if (Find(context) is not { } record || !await directory.RemoveAsync(record.Id, context.RequestAborted))
        {
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
            return;
        }
        router.NotifyRemoved(record.Id, Devices(record));
        await Envelope.WriteAsync(context, 200, record.Id.Value, static (json, id) =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        });
    }

    private Task CallAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "action", "payload", "timeoutSeconds");
        string? action = body.Text(body.Root, "", "action", required: true, maxLength: 64);
        JsonElement? payload = body.Object(body.Root, "", "payload", required: true);
        int? seconds = body.Integer(body.Root, "", "timeoutSeconds", 1, 600);
        if (body.Errors.Count > 0)
            return;
        if (Find(context) is not { } record)
        {
            await Envelope.WriteAsync(context, OperatorBody.NotFound("charge point"));
            return;
        }
        OperatorCallResult result = await router.CallAsync(
            record.Id, action!, payload!.Value, seconds is { } s ? TimeSpan.FromSeconds(s) : null, context.RequestAborted);
        if (result.Refusal is { } refusal)
            body.Errors.Add(new FieldError(refusal.Path is null ? "action" : "payload" + refusal.Path, refusal.Message));
        else if (result.Outcome is { } outcome)
            await Envelope.WriteAsync(context, 200, outcome, Write);
        else
            await Envelope.WriteAsync(context, new ApiProblem(503, ErrorCodes.DeviceOffline, "The charge point is not connected."));
    });

    private static IEnumerable<DeviceId> Devices(ChargePointRecord? record) => record?.Devices.Select(device => device.Id) ?? [];

    private ChargePointRecord? Find(HttpContext context) =>
        ChargePointId.TryParse(context.Request.RouteValues["chargePointId"] as string, out ChargePointId id) ? directory.Find(id) : null;

    private static void Write(Utf8JsonWriter json, OperatorCallOutcome outcome)
    {
        json.WriteStartObject();
        if (outcome.ResultJson is { } result)
        {
            json.WritePropertyName("result");
            json.WriteRawValue(result);
        }
        else
        {
            json.WriteStartObject("error");
            json.WriteString("code", outcome.ErrorCode);
            json.WriteString("description", outcome.ErrorDescription ?? "");
            json.WritePropertyName("details");
            json.WriteRawValue(outcome.ErrorDetailsJson ?? "{}");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
