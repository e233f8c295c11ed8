using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>What the tests of webhooks on the whole service share.</summary>
internal static class WebhookHouse
{
    public static readonly string[] Settings =
        ["Amps:Mqtt:Mode=Off", "Amps:Webhooks:AllowInsecure=true", "Amps:Webhooks:AllowPrivateNetworks=true", "Amps:Actions:ConfirmationTimeoutSeconds=2"];

    public static async Task<(string Id, string Secret)> SubscribeAsync(ApiClient operators, Uri url, params string[] events)
    {
        JsonElement made = await operators.PostAsync("/operator/webhooks", new { customerId = "customer", environment = "live", url, events });
        Assert.True(made.GetProperty("success").GetBoolean(), made.ToString());
        JsonElement data = made.GetProperty("data");
        return (data.GetProperty("id").GetString()!, data.GetProperty("secret").GetString()!);
    }

    /// <summary>A charge point on connector 1 with a vehicle, which starts a transaction when told to.</summary>
    public static async Task<TestChargePoint> PluggedAsync(Uri ocpp, string id = "CP1")
    {
        TestChargePoint charger = await TestChargePoint.BootAsync(ocpp, id);
        charger.On("RemoteStartTransaction", call =>
        {
            charger.Later(async () =>
            {
                await charger.StartAsync(call.GetProperty("idTag").GetString()!);
                await charger.StatusAsync("Charging");
            });
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        return charger;
    }

    public static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
