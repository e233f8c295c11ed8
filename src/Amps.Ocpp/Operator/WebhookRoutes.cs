using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Operator;

/// <summary>Webhook endpoints and their deliveries (operator surface, section 2).</summary>
internal sealed class WebhookRoutes(WebhookEndpoints webhooks, KeyRing keys, KeyGate gate)
{
    private static readonly string[] Environments = ["live", "sandbox"];

    private static readonly ApiProblem s_full = new(
        409,
        ErrorCodes.Conflict,
        $"The customer has {WebhooksOptions.MaxEndpointsPerCustomer} webhook endpoints; one must be deleted first.",
        static json => json.WriteNumber("limit", WebhooksOptions.MaxEndpointsPerCustomer));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/operator/webhooks", gate.Require(KeyPermissions.Operator, CreateAsync));
        routes.MapGet("/operator/webhooks", gate.Require(KeyPermissions.Operator, ListAsync));
        routes.MapGet("/operator/webhooks/{id}", gate.Require(KeyPermissions.Operator, GetAsync));
        routes.MapDelete("/operator/webhooks/{id}", gate.Require(KeyPermissions.Operator, DeleteAsync));
        routes.MapPost("/operator/webhooks/{id}/rotate-secret", gate.Require(KeyPermissions.Operator, RotateAsync));
        routes.MapGet("/operator/webhooks/{id}/deliveries", gate.Require(KeyPermissions.Operator, ListDeliveriesAsync));
        routes.MapPost("/operator/webhooks/{id}/deliveries/{deliveryId}/replay", gate.Require(KeyPermissions.Operator, ReplayAsync));
    }

    private Task CreateAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "customerId", "environment", "url", "events");
        string? customerId = body.Text(body.Root, "", "customerId", required: true, maxLength: 64);
        string? environment = body.OneOf(body.Root, "", "environment", Environments, required: true);
        string? url = body.Text(body.Root, "", "url", required: true, maxLength: 2048);
        List<string> events = ReadEvents(body);
        if (customerId is not null && keys.FindCustomer(customerId) is null)
            body.Errors.Add(new FieldError("customerId", "There is no such customer."));
        if (url is not null && await webhooks.CheckUrlAsync(url, context.RequestAborted) is { } wrong)
            body.Errors.Add(new FieldError("url", wrong));
        if (body.Errors.Count > 0)
            return;
        if (await webhooks.CreateAsync(
            customerId!, environment == "sandbox" ? ApiEnvironment.Sandbox : ApiEnvironment.Live, url!, events, context.RequestAborted) is not var (endpoint, secret))
        {
            await Envelope.WriteAsync(context, s_full);
            return;
        }
        context.Response.Headers.CacheControl = "no-store";
        await Envelope.WriteAsync(context, 201, (endpoint, secret), static (json, made) => WebhookJson.Write(json, made.endpoint, made.secret));
    });

    private async Task ListAsync(HttpContext context)
    {
        if (await ReadPageAsync(context) is not var (offset, limit))
            return;
        (IReadOnlyList<WebhookEndpoint> items, int total) = await webhooks.ListAsync(offset, limit, context.RequestAborted);
        await Envelope.WriteAsync(context, 200, (items, offset, limit, total), static (json, page) =>
            WebhookJson.WritePage(json, page.items, page.offset, page.limit, page.total, static (writer, endpoint) => WebhookJson.Write(writer, endpoint, null)));
    }

    private async Task GetAsync(HttpContext context) => await (await FindAsync(context) is { } endpoint
        ? Envelope.WriteAsync(context, 200, endpoint, static (json, found) => WebhookJson.Write(json, found, null))
        : Envelope.WriteAsync(context, OperatorBody.NotFound("webhook")));

    private async Task DeleteAsync(HttpContext context) => await (await webhooks.DeleteAsync(Id(context), context.RequestAborted)
        ? Envelope.WriteAsync(context, 200, Id(context), static (json, id) =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        })
        : Envelope.WriteAsync(context, OperatorBody.NotFound("webhook")));

    private async Task RotateAsync(HttpContext context)
    {
        if (await webhooks.RotateAsync(Id(context), context.RequestAborted) is not { } rotated)
        {
            await Envelope.WriteAsync(context, OperatorBody.NotFound("webhook"));
            return;
        }
        context.Response.Headers.CacheControl = "no-store";
        await Envelope.WriteAsync(context, 200, (Id: Id(context), rotated.Secret, rotated.PreviousUntil), static (json, made) =>
        {
            json.WriteStartObject();
            json.WriteString("id", made.Id);
            json.WriteString("secret", made.Secret);
            Envelope.WriteTime(json, "previousSecretUntil"u8, made.PreviousUntil);
            json.WriteEndObject();
        });
    }

    private async Task ListDeliveriesAsync(HttpContext context)
    {
        if (await ReadPageAsync(context) is not var (offset, limit))
            return;
        if (await FindAsync(context) is not { } endpoint)
        {
            await Envelope.WriteAsync(context, OperatorBody.NotFound("webhook"));
            return;
        }
        DeliveryPage page = await webhooks.ListDeliveriesAsync(endpoint.Id, offset, limit, context.RequestAborted);
        await Envelope.WriteAsync(context, 200, (page, offset, limit), static (json, list) =>
            WebhookJson.WritePage(json, list.page.Items, list.offset, list.limit, list.page.Total, WebhookJson.Write));
    }

    private async Task ReplayAsync(HttpContext context)
    {
        string deliveryId = (string)context.Request.RouteValues["deliveryId"]!;
        await (await webhooks.ReplayAsync(Id(context), deliveryId, context.RequestAborted) is { } delivery
            ? Envelope.WriteAsync(context, 202, delivery, WebhookJson.Write)
            : Envelope.WriteAsync(context, OperatorBody.NotFound("delivery")));
    }

    private Task<WebhookEndpoint?> FindAsync(HttpContext context) => webhooks.FindAsync(Id(context), context.RequestAborted);

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    /// <summary>The page asked for; null = the query is wrong and that has been answered.</summary>
    private static async Task<(int Offset, int Limit)?> ReadPageAsync(HttpContext context)
    {
        Query query = Query.Read(context, "offset", "limit");
        (int, int) page = query.Page();
        if (query.Errors.Count == 0)
            return page;
        await Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
        return null;
    }

    private static List<string> ReadEvents(JsonBody body)
    {
        var events = new List<string>();
        if (body.Array(body.Root, "", "events", required: true) is not { } list)
            return events;
        bool wrong = list.GetArrayLength() == 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.String && element.GetString() is { } name && OutboxEventTypes.All.Contains(name) && !events.Contains(name))
                events.Add(name);
            else
                wrong = true;
        }
        if (wrong)
            body.Errors.Add(new FieldError("events", $"One or more of: {string.Join(", ", OutboxEventTypes.All)}; each once."));
        return events;
    }
}
