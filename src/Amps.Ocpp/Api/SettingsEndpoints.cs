using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;

namespace Amps.Ocpp.Api;

/// <summary>Writing settings (canonical API, section 6): stored durably, then made true on the charger.</summary>
internal sealed class SettingsEndpoints(ChargePointDirectory directory, ChargePointRouter router, TimeProvider time, KeyGate gate)
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/ev-charger/{deviceId}/settings", gate.Require(KeyPermissions.Control, WriteAsync));

    private async Task WriteAsync(HttpContext context)
    {
        (JsonBody? read, ApiProblem? problem) = await JsonBody.ReadAsync(context);
        if (read is null)
        {
            await Envelope.WriteAsync(context, problem!);
            return;
        }
        using JsonBody body = read;
        List<string> unsupported = [];
        (double Value, string Unit)? rate = ReadShape(body, unsupported);
        if (body.Errors.Count > 0)
        {
            await Envelope.WriteAsync(context, ApiProblem.Invalid(body.Errors));
            return;
        }
        if (Caller.Of(context)?.FindDevice(context, directory) is not { } device)
        {
            await Envelope.WriteAsync(context, ApiProblem.DeviceNotFound);
            return;
        }
        problem = unsupported.Count > 0 ? Unsupported(unsupported) : Check(rate!.Value, device);
        if (problem is not null)
        {
            await Envelope.WriteAsync(context, problem);
            return;
        }
        await directory.SetCapAsync(device.Device.Id, new ChargeRateCap(rate!.Value.Value, time.GetUtcNow()), context.RequestAborted);
        router.NotifyChanged(device.ChargePoint.Id);
        await Envelope.WriteAsync(context, 200, device.Device.Id, static (json, id) =>
        {
            json.WriteStartObject();
            json.WriteString("deviceId", id.Name);
            json.WriteStartArray("updated");
            json.WriteStringValue(DeviceBounds.MaxChargeRate);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static (double Value, string Unit)? ReadShape(JsonBody body, List<string> unsupported)
    {
        (double, string)? rate = null;
        int settings = 0;
        foreach (JsonProperty setting in body.Root.EnumerateObject())
        {
            settings++;
            if (setting.Name != DeviceBounds.MaxChargeRate)
            {
                unsupported.Add(setting.Name);
                continue;
            }
            if (body.Object(body.Root, "", setting.Name) is not { } members)
                continue;
            body.RefuseUnknown(members, setting.Name, "value", "unit");
            double? value = body.Number(members, setting.Name, "value", required: true);
            string? unit = body.Text(members, setting.Name, "unit", required: true, maxLength: 16);
            if (value is { } number && unit is not null)
                rate = (number, unit);
        }
        if (settings == 0)
            body.Errors.Add(new FieldError("", "At least one setting."));
        return rate;
    }

    private static ApiProblem? Check((double Value, string Unit) rate, DeviceEntry device)
    {
        if (rate.Unit != DeviceBounds.Unit)
        {
            return new ApiProblem(422, ErrorCodes.UnsupportedUnit, "This setting is not taken in this unit.", json =>
            {
                json.WriteString("setting", DeviceBounds.MaxChargeRate);
                json.WriteString("providedUnit", rate.Unit);
                json.WriteStartArray("supportedUnits");
                json.WriteStringValue(DeviceBounds.Unit);
                json.WriteEndArray();
            });
        }
        double max = DeviceBounds.MaxKw(device.ChargePoint, null);
        if (rate.Value >= 0 && rate.Value <= max)
            return null;
        return new ApiProblem(422, ErrorCodes.SettingOutOfRange, $"The value must be from 0 to {max} kW.", json =>
        {
            json.WriteString("setting", DeviceBounds.MaxChargeRate);
            json.WriteNumber("value", rate.Value);
            json.WriteNumber("min", 0);
            json.WriteNumber("max", max);
            json.WriteString("unit", DeviceBounds.Unit);
        });
    }

    private static ApiProblem Unsupported(List<string> names) => new(422, ErrorCodes.UnsupportedSetting, "The device does not have these settings.", json =>
    {
        json.WriteStartArray("unsupportedSettings");
        foreach (string name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartArray("supportedSettings");
        json.WriteStringValue(DeviceBounds.MaxChargeRate);
        json.WriteEndArray();
    });
}
