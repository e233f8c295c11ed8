using Amps.Ocpp.Actions;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Api;

/// <summary><c>/actions</c> and <c>/schedules</c> (canonical API, section 3).</summary>
internal sealed class ActionEndpoints(IActionStore store, ActionService actions, KeyGate gate)
{
    public const string DeviceType = DeviceTypes.EvCharger;

    private static readonly Dictionary<string, ActionState> States = new(StringComparer.Ordinal)
    {
        ["scheduled"] = ActionState.Scheduled,
        ["acknowledged"] = ActionState.Acknowledged,
        ["completed"] = ActionState.Completed,
        ["failed"] = ActionState.Failed,
        ["cancelled"] = ActionState.Cancelled,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/actions", gate.Require(KeyPermissions.Read, ListAsync));
        routes.MapGet("/actions/{actionId}", gate.Require(KeyPermissions.Read, GetAsync));
        routes.MapPost("/actions/{actionId}/cancel", gate.Require(KeyPermissions.Control, CancelAsync));
        routes.Map("/schedules/{**rest}", gate.Require(KeyPermissions.Read | KeyPermissions.Control, static context =>
            Envelope.WriteAsync(context, new ApiProblem(501, ErrorCodes.NotImplemented, "Schedules are not implemented."))));
    }

    private async Task ListAsync(HttpContext context)
    {
        Query query = Query.Read(context, "offset", "limit", "deviceId", "deviceType", "state", "userId");
        (int offset, int limit) = query.Page();
        ActionState? state = null;
        if (query.Text("state") is { } name)
        {
            if (States.TryGetValue(name, out ActionState known))
                state = known;
            else
                query.Errors.Add(new FieldError("state", $"One of: {string.Join(", ", States.Keys)}."));
        }
        if (query.Text("deviceType") is { } type and not DeviceType)
            query.Errors.Add(new FieldError("deviceType", $"One of: {DeviceType}."));
        DeviceId? device = null;
        if (query.Text("deviceId") is { } id)
        {
            if (DeviceId.TryParse(id, out DeviceId parsed))
                device = parsed;
            else
                query.Errors.Add(new FieldError("deviceId", "Not a device id."));
        }
        if (query.Errors.Count > 0)
        {
            await Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
            return;
        }
        // A caller that speaks for one user sees that user's actions, whatever user it filters for.
        string? user = query.Text("userId");
        if (Caller.Of(context) is not { } caller || (caller.UserId is not null && user is not null && user != caller.UserId))
        {
            await Envelope.WriteAsync(context, 200, new Page<ActionRecord>([], limit, offset, 0), static (json, page) => page.Write(json, ActionJson.Write));
            return;
        }
        ActionPage found = await store.ListAsync(
            new ActionFilter(caller.CustomerId, caller.Environment, user ?? caller.UserId, device is { } given ? caller.Device(given) : null, state), offset, limit, context.RequestAborted);
        await Envelope.WriteAsync(context, 200, new Page<ActionRecord>(found.Items, limit, offset, found.Total), static (json, page) => page.Write(json, ActionJson.Write));
    }

    private async Task GetAsync(HttpContext context)
    {
        ActionRecord? action = await FindAsync(context);
        await (action is null
            ? Envelope.WriteAsync(context, ApiProblem.ActionNotFound)
            : Envelope.WriteAsync(context, 200, action, ActionJson.Write));
    }

    private async Task CancelAsync(HttpContext context)
    {
        ActionRecord? action = await FindAsync(context);
        if (action is null)
        {
            await Envelope.WriteAsync(context, ApiProblem.ActionNotFound);
            return;
        }
        if (action.State == ActionState.Scheduled && await actions.CancelAsync(action, context.RequestAborted) is { } cancelled)
        {
            await Envelope.WriteAsync(context, 200, cancelled, ActionJson.Write);
            return;
        }
        // It may have fired a moment ago: the answer names the state it is in now.
        action = await FindAsync(context) ?? action;
        await Envelope.WriteAsync(context, new ApiProblem(409, ErrorCodes.ActionNotCancellable,
            $"Only a scheduled action can be cancelled; this one is {System.Text.Encoding.UTF8.GetString(ActionJson.StateName(action.State))}."));
    }

    private async Task<ActionRecord?> FindAsync(HttpContext context)
    {
        if (Caller.Of(context) is not { } caller || context.Request.RouteValues["actionId"] is not string { Length: <= 64 } id)
            return null;
        ActionRecord? action = await store.FindAsync(new ActionId(id), context.RequestAborted);
        return action is not null && action.CustomerId == caller.CustomerId && action.Environment == caller.Environment
            && (caller.UserId is null || action.UserId == caller.UserId)
            ? action
            : null;
    }
}
