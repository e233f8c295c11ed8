using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>A 2.x station is moved to a higher security profile over OCPP and cannot come back with less (OCPP 2.0.1 part 2, A05).</summary>
public sealed class ProfileUpgradeTests : IAsyncLifetime
{
    private const string Password = "a-password-of-2x-stations";

    private TlsHouse _house = null!;

    public async ValueTask InitializeAsync() => _house = await TlsHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Theory]
    [InlineData("2.0.1", 2)]
    [InlineData("2.1", 3)]
    public async Task A_station_that_was_told_its_new_network_profile_comes_back_by_that_one_alone(string version, int profile)
    {
        string id = $"UP{profile}";
        await _house.RegisterAsync(id, new { securityProfile = 1, password = Password });
        await using TestStation station = await TestStation.BootAsync(
            _house.Service.Ocpp, id, version, s => s.Variables["OCPPCommCtrlr.NetworkConfigurationPriority"] = "0", Password);
        var told = new List<JsonElement>();
        station.On("SetNetworkProfile", call =>
        {
            told.Add(call);
            return new { status = "Accepted" };
        });
        station.On("Reset", _ => new { status = "Accepted" });

        await CallAsync(id, "SetNetworkProfile", new
        {
            configurationSlot = 1,
            connectionData = new
            {
                ocppVersion = version == "2.1" ? "OCPP21" : "OCPP20",
                ocppTransport = "JSON",
                ocppCsmsUrl = $"wss://127.0.0.1:{_house.Port}/ocpp",
                messageTimeout = 30,
                securityProfile = profile,
                ocppInterface = "Wired0",
            },
        });
        await CallAsync(id, "SetVariables", new
        {
            setVariableData = new[] { new { attributeValue = "1", component = new { name = "OCPPCommCtrlr" }, variable = new { name = "NetworkConfigurationPriority" } } },
        });
        await _house.RegisterAsync(id, new { securityProfile = profile });
        await CallAsync(id, "Reset", new { type = "OnIdle" });

        Assert.Equal(profile, told.Single().GetProperty("connectionData").GetProperty("securityProfile").GetInt32());
        Assert.Equal("1", station.Set["OCPPCommCtrlr.NetworkConfigurationPriority"]);
        await station.DisposeAsync();
        Assert.Equal(401, await _house.KnockPlainAsync(id, Password));
        using X509Certificate2 own = _house.Authority.Issue(new TestSubject(id));
        Assert.Equal(profile == 3 ? 401 : 101, await _house.KnockAsync(id, password: Password));
        Assert.Equal(101, await _house.KnockAsync(id, own, Password));
    }

    private async Task CallAsync(string id, string action, object payload)
    {
        JsonElement answer = await _house.Service.Operator.PostAsync($"/operator/charge-points/{id}/calls", new { action, payload });
        Assert.True(answer.GetProperty("success").GetBoolean() && answer.GetProperty("data").TryGetProperty("result", out _), answer.ToString());
    }
}
