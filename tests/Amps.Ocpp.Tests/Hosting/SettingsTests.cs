using Amps.Ocpp.Hosting;
using Microsoft.Extensions.Configuration;

namespace Amps.Ocpp.Tests.Hosting;

/// <summary>A wrong setting is told in one line (operator surface, section 1; faults D22).</summary>
public sealed class SettingsTests
{
    private static AmpsSettings Read(params (string Key, string Value)[] settings) => AmpsSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value)))
        .Build());

    [Theory]
    [Trait("row", "D22")]
    [InlineData("Amps:Mqtt:Mode", "Cloud", "Managed, External, Off")]
    [InlineData("Amps:Mqtt:Mode", "1", "Managed, External, Off")]
    [InlineData("Amps:Mqtt:Port", "0", "1 to 65535")]
    [InlineData("Amps:Mqtt:Port", "http", "1 to 65535")]
    [InlineData("Amps:Mqtt:TopicPrefix", "amps/#", "wildcards")]
    [InlineData("Amps:Mqtt:TopicPrefix", "/amps", "topic levels")]
    [InlineData("Amps:Mqtt:Host", "no host", "host name")]
    [InlineData("Amps:Mqtt:Tls", "yes", "true or false")]
    [InlineData("Amps:Mqtt:CaFile", "/does/not/exist.pem", "existing file")]
    [InlineData("Amps:Ocpp:Admission", "Everyone", "Pending, Open, Closed")]
    [InlineData("Amps:Ocpp:CallTimeoutSeconds", "-1", "1 to 600")]
    [InlineData("Amps:Ocpp:HeartbeatIntervalSeconds", "1.5", "whole number")]
    [InlineData("Amps:Ocpp:StrictSchema", "maybe", "true or false")]
    [InlineData("Amps:Charging:IdleStrategy", "Stop", "RemoteStop, Hold")]
    [InlineData("Amps:Actions:ConfirmationTimeoutSeconds", "99999999999", "whole number")]
    [InlineData("Amps:Reads:CacheSeconds", "0", "whole number")]
    [InlineData("Amps:RateLimit:RequestsPerSecond", "many", "whole number")]
    [InlineData("Amps:Webhooks:AllowInsecure", "yes", "true or false")]
    [InlineData("Amps:Webhooks:AllowPrivateNetworks", "10.0.0.0/8", "true or false")]
    [InlineData("Amps:Webhooks:Secret", "1", "no such setting")]
    [InlineData("Amps:Nonsense:Key", "1", "no such setting")]
    [InlineData("Amps:Mqtt:Prot", "1883", "no such setting")]
    public void A_wrong_value_is_named_with_its_key_and_what_is_allowed(string key, string value, string allowed)
    {
        SettingsException e = Assert.Throws<SettingsException>(() => Read((key, value)));
        Assert.StartsWith(key, e.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, e.Message);
        Assert.DoesNotContain('\n', e.Message);
        if (allowed != "no such setting")
            Assert.Contains($"'{value}'", e.Message);
    }

    [Fact]
    public void Webhooks_go_to_public_https_urls_only_unless_told_otherwise()
    {
        Assert.Equal((false, false), (Read().Webhooks.AllowInsecure, Read().Webhooks.AllowPrivateNetworks));
        AmpsSettings open = Read(("Amps:Webhooks:AllowInsecure", "true"), ("Amps:Webhooks:AllowPrivateNetworks", "true"));
        Assert.Equal((true, true), (open.Webhooks.AllowInsecure, open.Webhooks.AllowPrivateNetworks));
    }

    [Fact]
    public void What_ended_is_kept_for_days_or_for_ever()
    {
        Assert.Equal((365, 730), (Read().Storage.Retention.Actions?.TotalDays, Read().Storage.Retention.Transactions?.TotalDays));
        AmpsSettings forever = Read(("Amps:Retention:ActionsDays", "0"), ("Amps:Retention:TransactionsDays", "0"));
        Assert.Equal((null, null), (forever.Storage.Retention.Actions, forever.Storage.Retention.Transactions));
        Assert.Contains("60", Assert.Throws<SettingsException>(() => Read(("Amps:Retention:TransactionsDays", "59"))).Message);
    }

    [Fact]
    public void A_secret_that_is_too_short_is_not_shown()
    {
        SettingsException e = Assert.Throws<SettingsException>(() => Read(("Amps:Bootstrap:OperatorKey", "hunter2")));
        Assert.DoesNotContain("hunter2", e.Message);
        Assert.Contains("24", e.Message);
    }

    [Fact]
    public void Without_settings_the_defaults_of_the_operator_surface_hold()
    {
        AmpsSettings settings = Read();
        Assert.Equal(Amps.Ocpp.Mqtt.MqttMode.Managed, settings.Mqtt.Mode);
        Assert.Equal(1883, settings.Mqtt.Port);
        Assert.Equal("amps/v1", settings.Mqtt.TopicPrefix);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Gateway.CallTimeout);
        Assert.Equal(300, settings.Dialects.HeartbeatIntervalSeconds);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.Actions.ConfirmationTimeout);
        Assert.Equal(TimeSpan.FromSeconds(900), settings.Readings.TimeToLive);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Readings.ExpediteTimeToLive);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Readings.LiveBudget);
        Assert.Equal((100, 1000), (settings.RateLimit.RequestsPerSecond, settings.RateLimit.Burst));
        Assert.Null(settings.BootstrapOperatorKey);
    }
}
