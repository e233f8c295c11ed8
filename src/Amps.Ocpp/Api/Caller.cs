using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Api;

/// <summary>Who asks: a customer, in one environment, perhaps for one end user (canonical API, section 1).</summary>
internal readonly record struct Caller(string CustomerId, ApiEnvironment Environment, string? UserId)
{
    /// <summary>The caller of an admitted request; null for a key of no customer, which sees nothing here.</summary>
    public static Caller? Of(HttpContext context)
    {
        ApiRequest request = ApiRequest.Of(context);
        return request.Key is { CustomerId: { } customer } key ? new Caller(customer, key.Environment, request.UserId) : null;
    }

    /// <summary>The device that the caller calls so.</summary>
    public DeviceId Device(DeviceId name) => Environment == ApiEnvironment.Sandbox ? DeviceId.InSandbox(CustomerId, name) : name;

    /// <summary>The device of the route if it is the caller's; another's does not exist.</summary>
    public DeviceEntry? FindDevice(HttpContext context, ChargePointDirectory directory) =>
        DeviceId.TryParse(context.Request.RouteValues["deviceId"] as string, out DeviceId name)
        && directory.Find(Device(name)) is { } entry
        && entry.ChargePoint.CustomerId == CustomerId
        && entry.ChargePoint.Environment == Environment
        && (UserId is null || entry.ChargePoint.UserId == UserId)
            ? entry
            : null;
}
