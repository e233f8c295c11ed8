using Amps.Ocpp.Hosting;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class MqttOptionsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("options-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Without_any_key_the_service_runs_its_own_broker()
    {
        var options = Read();
        Assert.Equal(MqttMode.Managed, options.Mode);
        Assert.Equal("127.0.0.1", options.Host);
        Assert.Equal(1883, options.Port);
        Assert.Equal("amps/v1", options.TopicPrefix);
        Assert.Equal("amps-n1", options.ClientId);
    }

    [Fact]
    public void All_keys_of_an_external_broker_are_read_and_the_password_is_not_shown()
    {
        var options = Read(("Mode", "external"), ("Host", "broker.example"), ("Port", "8883"), ("Username", "u"), ("Password", "secret"), ("Tls", "true"), ("TopicPrefix", "site/1"));
        Assert.Equal((MqttMode.External, "broker.example", 8883, "u", "secret", true, "site/1"),
            (options.Mode, options.Host, options.Port, options.Username, options.Password, options.Tls, options.TopicPrefix));
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mode", "Sometimes")]
    [InlineData("Mode", "1")]
    [InlineData("Port", "0")]
    [InlineData("Port", "65536")]
    [InlineData("Port", "x")]
    [InlineData("TopicPrefix", "/a")]
    [InlineData("TopicPrefix", "a/")]
    [InlineData("TopicPrefix", "a/+")]
    [InlineData("CaFile", "/no/such/file.pem")]
    [InlineData("Tls", "maybe")]
    public void A_wrong_value_is_one_line_with_key_value_and_what_is_allowed(string key, string value)
    {
        var exception = Assert.Throws<SettingsException>(() => Read((key, value)));
        Assert.StartsWith($"Amps:Mqtt:{key}: '{value}' is not ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task Switched_off_it_answers_that_there_is_no_link()
    {
        await using var client = new NullMqttClient();
        client.Start();
        Assert.Equal(MqttConnectionState.Off, client.State);
        Assert.Equal(MqttPublishResult.NotConnected, await client.SendAsync("t", "x"));
    }

    [Theory]
    [InlineData("Managed", MqttConnectionState.Connected)]
    [InlineData("Off", MqttConnectionState.Off)]
    public async Task Registered_in_a_host_it_starts_and_stops_with_it(string mode, MqttConnectionState state)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMqtt(Read(("Mode", mode), ("Port", $"{MosquittoProcess.FreePort()}")), _directory, new MqttLastWill("nodes/n1/status", "offline"u8.ToArray()));
        using var host = builder.Build();
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IMqttClient>();
        await Wait.UntilAsync(() => client.State == state, "the client is in its state");
        await host.StopAsync();
    }

    private static MqttOptions Read(params (string Key, string Value)[] values) => AmpsSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"Amps:Mqtt:{value.Key}", (string?)value.Value)).Append(KeyValuePair.Create("Amps:Node:Id", (string?)"n1")))
        .Build()).Mqtt;
}
