using Amps.Ocpp.Actions;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Api;

/// <summary>Reading and pushing (canonical API, sections 3 to 5).</summary>
internal sealed class ChargerEndpoints(ChargePointDirectory directory, ReadingService readings, ActionService actions, ActionIndex index, TimeProvider time, KeyGate gate)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ev-charger", gate.Require(KeyPermissions.Read, ListAsync));
        routes.MapGet("/ev-charger/{deviceId}", gate.Require(KeyPermissions.Read, GetAsync));
        routes.MapPost("/ev-charger/{deviceId}", gate.Require(KeyPermissions.Control, PushAsync));
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
        (IReadOnlyList<DeviceEntry> devices, int total) = Caller.Of(context) is { } caller
            ? directory.List(caller.CustomerId, caller.Environment, caller.UserId, offset, limit)
            : ([], 0);
        await index.LoadAsync([.. devices.Select(device => device.Device.Id)], context.RequestAborted);
        IReadOnlyList<Reading> known = await readings.ListAsync(devices.Select(AddressOf).ToList(), context.RequestAborted);
        List<ChargerView> views = [.. devices.Zip(known, (device, reading) => View(device, reading, withSettings: false))];
        await Envelope.WriteAsync(context, 200, new Page<ChargerView>(views, limit, offset, total), static (json, page) => page.Write(json, ChargerJson.Write));
    }

    private Task GetAsync(HttpContext context)
    {
        bool expedite = false;
        if (context.Request.QueryString.HasValue)
        {
            Query query = Query.Read(context, "expedite");
            expedite = query.Flag("expedite");
            if (query.Errors.Count > 0)
                return Envelope.WriteAsync(context, ApiProblem.Invalid(query.Errors));
        }
        if (Caller.Of(context)?.FindDevice(context, directory) is not { } device)
            return Envelope.WriteAsync(context, ApiProblem.DeviceNotFound);
        // The usual read is answered from memory without a single wait.
        return index.TryGet(device.Device.Id, out _) && readings.TryReadCached(AddressOf(device), expedite) is { } reading
            ? Envelope.WriteAsync(context, 200, View(device, reading, withSettings: true), ChargerJson.Write)
            : GetSlowlyAsync(context, device, expedite);
    }

    private async Task GetSlowlyAsync(HttpContext context, DeviceEntry device, bool expedite)
    {
        await index.LoadAsync([device.Device.Id], context.RequestAborted);
        Reading? reading = await readings.ReadAsync(AddressOf(device), expedite, context.RequestAborted);
        await (reading is { Snapshot.ObservedAt: var at } && at != default
            ? Envelope.WriteAsync(context, 200, View(device, reading, withSettings: true), ChargerJson.Write)
            : Envelope.WriteAsync(context, new ApiProblem(503, ErrorCodes.DeviceOffline, "The charger has never been heard of.")));
    }

    private async Task PushAsync(HttpContext context)
    {
        (JsonBody? read, ApiProblem? problem) = await JsonBody.ReadAsync(context);
        if (read is null)
        {
            await Envelope.WriteAsync(context, problem!);
            return;
        }
        using JsonBody body = read;
        if (PushRequest.Read(body) is not { } push)
        {
            await Envelope.WriteAsync(context, ApiProblem.Invalid(body.Errors));
            return;
        }
        if (Caller.Of(context) is not { } caller || caller.FindDevice(context, directory) is not { } device)
        {
            await Envelope.WriteAsync(context, ApiProblem.DeviceNotFound);
            return;
        }
        ApiProblem? refused = PushProblems.Check(push);
        PushTimes times = default;
        if (refused is null)
            (times, refused) = PushClock.Read(push.Start, push.End, device.ChargePoint.Configuration.TimeZone, time.GetUtcNow());
        refused ??= PushProblems.CheckStrategy(push);
        if (refused is not null)
        {
            await Envelope.WriteAsync(context, refused);
            return;
        }
        PushOutcome outcome = await actions.PushAsync(
            device,
            caller.CustomerId,
            caller.UserId,
            new Push(push.Command, times, push.OnConflict == PushProblems.CancelAndReplace, caller.Environment == ApiEnvironment.Sandbox ? push.Sandbox : null),
            context.RequestAborted);
        await (outcome switch
        {
            { Draining: true } => Envelope.WriteAsync(context, ApiProblem.GoingDown),
            { Offline: true } => Envelope.WriteAsync(context, new ApiProblem(503, ErrorCodes.DeviceOffline, "The charger is not connected.")),
            { Action: { } action } => Envelope.WriteAsync(context, 202, action, ActionJson.WriteAccepted),
            _ => Envelope.WriteAsync(context, PushProblems.Conflict(outcome.Conflicting)),
        });
    }

    private ChargerView View(DeviceEntry device, Reading reading, bool withSettings)
    {
        index.TryGet(device.Device.Id, out ActionRecord? last);
        return new ChargerView(device, reading, last, withSettings);
    }

    private static DeviceAddress AddressOf(DeviceEntry device) =>
        new(device.Device.Id, device.ChargePoint.Id, device.Device.ConnectorId, device.ChargePoint.Environment);
}
