using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Operator;

/// <summary>Customers, keys and id tokens (operator surface, section 2).</summary>
internal sealed class OperatorEndpoints(KeyRing keys, IdTokenList idTokens, TimeProvider time, KeyGate gate)
{
    private static readonly string[] Environments = ["live", "sandbox"];
    private static readonly string[] TokenStatuses = ["Accepted", "Blocked", "Expired", "Invalid"];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/operator/customers", gate.Require(KeyPermissions.Operator, SaveCustomerAsync));
        routes.MapGet("/operator/customers", gate.Require(KeyPermissions.Operator, ListCustomersAsync));
        routes.MapGet("/operator/customers/{customerId}", gate.Require(KeyPermissions.Operator, GetCustomerAsync));
        routes.MapPost("/operator/keys", gate.Require(KeyPermissions.Operator, IssueKeyAsync));
        routes.MapGet("/operator/keys", gate.Require(KeyPermissions.Operator, ListKeysAsync));
        routes.MapDelete("/operator/keys/{keyId}", gate.Require(KeyPermissions.Operator, RevokeKeyAsync));
        routes.MapPut("/operator/id-tokens/{idToken}", gate.Require(KeyPermissions.Operator, SaveIdTokenAsync));
    }

    private Task SaveCustomerAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "id", "liveEnabled");
        string? id = body.Text(body.Root, "", "id", required: true, maxLength: 64);
        bool live = body.Boolean(body.Root, "", "liveEnabled") ?? false;
        if (id is not null && !DeviceId.TryParse(id, out _))
            body.Errors.Add(new FieldError("id", "1 to 64 characters of A-Z a-z 0-9 _ . -"));
        if (body.Errors.Count > 0)
            return;
        Customer customer = await keys.SaveCustomerAsync(id!, live, context.RequestAborted);
        await Envelope.WriteAsync(context, 201, customer, Write);
    });

    private Task ListCustomersAsync(HttpContext context) => Envelope.WriteAsync(context, 200, keys.Customers, static (json, customers) =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (Customer customer in customers)
            Write(json, customer);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private Task GetCustomerAsync(HttpContext context) =>
        context.Request.RouteValues["customerId"] is string id && keys.FindCustomer(id) is { } customer
            ? Envelope.WriteAsync(context, 200, customer, Write)
            : Envelope.WriteAsync(context, OperatorBody.NotFound("customer"));

    private Task IssueKeyAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "customerId", "environment", "permissions", "expiresAt");
        KeyPermissions permissions = ReadPermissions(body);
        bool operators = permissions.HasFlag(KeyPermissions.Operator);
        string? customerId = body.Text(body.Root, "", "customerId", required: !operators, maxLength: 64);
        string? environment = body.OneOf(body.Root, "", "environment", Environments, required: !operators);
        DateTimeOffset? expiresAt = OperatorBody.Time(body, "expiresAt");
        if (customerId is not null && keys.FindCustomer(customerId) is null)
            body.Errors.Add(new FieldError("customerId", "There is no such customer."));
        if (operators && (customerId is not null || permissions != KeyPermissions.Operator))
            body.Errors.Add(new FieldError("permissions", "An operator's key has no customer and no other permission."));
        if (expiresAt <= time.GetUtcNow())
            body.Errors.Add(new FieldError("expiresAt", "A time in the future."));
        if (body.Errors.Count > 0)
            return;
        (ApiKey key, string text) = await keys.IssueAsync(
            customerId, environment == "sandbox" ? ApiEnvironment.Sandbox : ApiEnvironment.Live, permissions, expiresAt, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        await Envelope.WriteAsync(context, 201, (key, text), static (json, issued) => Write(json, issued.key, issued.text));
    });

    private Task ListKeysAsync(HttpContext context) => Envelope.WriteAsync(context, 200, keys.Keys, static (json, list) =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (ApiKey key in list)
            Write(json, key, null);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private async Task RevokeKeyAsync(HttpContext context)
    {
        string id = (string)context.Request.RouteValues["keyId"]!;
        await (await keys.RevokeAsync(id, context.RequestAborted)
            ? Envelope.WriteAsync(context, 200, id, static (json, revoked) =>
            {
                json.WriteStartObject();
                json.WriteString("id", revoked);
                json.WriteBoolean("revoked", true);
                json.WriteEndObject();
            })
            : Envelope.WriteAsync(context, OperatorBody.NotFound("key")));
    }

    private Task SaveIdTokenAsync(HttpContext context) => OperatorBody.HandleAsync(context, async body =>
    {
        body.RefuseUnknown(body.Root, "", "status", "expiresAt", "parentId");
        string token = (string)context.Request.RouteValues["idToken"]!;
        string? status = body.OneOf(body.Root, "", "status", TokenStatuses, required: true);
        DateTimeOffset? expiresAt = OperatorBody.Time(body, "expiresAt");
        string? parent = body.Text(body.Root, "", "parentId", maxLength: 36);
        if (token.Length is 0 or > 36)
            body.Errors.Add(new FieldError("idToken", "1 to 36 characters."));
        if (body.Errors.Count > 0)
            return;
        var saved = new IdToken(token, Enum.Parse<IdTokenStatus>(status!), expiresAt, parent);
        await idTokens.SaveAsync(saved, context.RequestAborted);
        await Envelope.WriteAsync(context, 200, saved, static (json, value) =>
        {
            json.WriteStartObject();
            json.WriteString("idToken", value.Token);
            json.WriteString("status", value.Status.ToString());
            Envelope.WriteTime(json, "expiresAt"u8, value.ExpiresAt);
            json.WriteString("parentId", value.ParentId);
            json.WriteEndObject();
        });
    });

    private static KeyPermissions ReadPermissions(JsonBody body)
    {
        KeyPermissions permissions = KeyPermissions.None;
        if (body.Array(body.Root, "", "permissions", required: true) is not { } list)
            return permissions;
        foreach (JsonElement element in list.EnumerateArray())
        {
            permissions |= element.ValueKind == JsonValueKind.String ? element.GetString() switch
            {
                "read" => KeyPermissions.Read,
                "control" => KeyPermissions.Control,
                "operator" => KeyPermissions.Operator,
                _ => KeyPermissions.None,
            } : KeyPermissions.None;
        }
        if (permissions == KeyPermissions.None || Count(permissions) != list.GetArrayLength())
            body.Errors.Add(new FieldError("permissions", "One or more of: read, control, operator; each once."));
        return permissions;
    }

    private static int Count(KeyPermissions permissions) => System.Numerics.BitOperations.PopCount((uint)permissions);

    private static void Write(Utf8JsonWriter json, Customer customer)
    {
        json.WriteStartObject();
        json.WriteString("id", customer.Id);
        json.WriteBoolean("liveEnabled", customer.LiveEnabled);
        Envelope.WriteTime(json, "createdAt"u8, customer.CreatedAt);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ApiKey key, string? text)
    {
        json.WriteStartObject();
        json.WriteString("id", key.Id);
        if (text is not null)
            json.WriteString("key", text);
        json.WriteString("customerId", key.CustomerId);
        json.WriteString("environment", key.Environment.ToString().ToLower(CultureInfo.InvariantCulture));
        json.WriteStartArray("permissions");
        foreach (KeyPermissions permission in (ReadOnlySpan<KeyPermissions>)[KeyPermissions.Read, KeyPermissions.Control, KeyPermissions.Operator])
        {
            if (key.Permissions.HasFlag(permission))
                json.WriteStringValue(permission.ToString().ToLower(CultureInfo.InvariantCulture));
        }
        json.WriteEndArray();
        Envelope.WriteTime(json, "createdAt"u8, key.CreatedAt);
        Envelope.WriteTime(json, "expiresAt"u8, key.ExpiresAt);
        Envelope.WriteTime(json, "revokedAt"u8, key.RevokedAt);
        json.WriteEndObject();
    }
}
