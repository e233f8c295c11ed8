using Amps.Ocpp.Mqtt;

namespace Amps.Ocpp.Tests.Mqtt;

public sealed class MqttTopicsTests
{
    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/b/c", "a/b", false)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("+/+", "/x", true)]
    [InlineData("+", "/x", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("#", "a//b", true)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    [InlineData("amps/v1/ev-chargers/+/state", "amps/v1/ev-chargers/7/state", true)]
    [InlineData("amps/v1/ev-chargers/+/state", "amps/v1/ev-chargers/7/link", false)]
    public void Filters_match_as_the_standard_says(string filter, string topic, bool matches) =>
        Assert.Equal(matches, MqttTopics.Matches(filter, topic));

    [Theory]
    [InlineData("")]
    [InlineData("a/b#")]
    [InlineData("a/#/b")]
    [InlineData("a/b+/c")]
    [InlineData("a\0")]
    [InlineData("$share/g/a")]
    public void Malformed_filters_are_refused(string filter) =>
        Assert.Throws<ArgumentException>(() => MqttTopics.ThrowIfNotFilter(filter));

    [Theory]
    [InlineData("#")]
    [InlineData("+")]
    [InlineData("/")]
    [InlineData("a/+/b/#")]
    public void Well_formed_filters_are_taken(string filter) => MqttTopics.ThrowIfNotFilter(filter);

    [Fact]
    public void A_topic_longer_than_65535_bytes_is_refused()
    {
        MqttTopics.ThrowIfNotPublishable(new string('a', 65_535));
        Assert.Throws<ArgumentException>(() => MqttTopics.ThrowIfNotPublishable(new string('ü', 32_768)));
    }
}
