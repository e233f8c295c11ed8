using Amps.Ocpp.Gateway;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Gateway;

/// <summary>Who has to wait after wrong passwords, and who never.</summary>
public sealed class FailureLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    [Trait("row", "S8")]
    public void A_pair_waits_longer_each_time_and_others_do_not()
    {
        var limiter = new FailureLimiter(_time);
        for (int i = 0; i < 4; i++)
            Assert.False(limiter.Failed("CP", "1.2.3.4"));
        Assert.Equal(TimeSpan.Zero, limiter.Wait("CP", "1.2.3.4"));
        Assert.True(limiter.Failed("CP", "1.2.3.4"));
        TimeSpan first = limiter.Wait("CP", "1.2.3.4");
        _time.Advance(first);
        Assert.Equal(TimeSpan.Zero, limiter.Wait("CP", "1.2.3.4"));
        Assert.False(limiter.Failed("CP", "1.2.3.4"));
        Assert.True(limiter.Wait("CP", "1.2.3.4") > first);
        Assert.Equal(TimeSpan.Zero, limiter.Wait("CP", "4.3.2.1"));
        Assert.Equal(TimeSpan.Zero, limiter.Wait("OTHER", "1.2.3.4"));
        limiter.Succeeded("CP", "1.2.3.4");
        Assert.Equal(TimeSpan.Zero, limiter.Wait("CP", "1.2.3.4"));
    }

    [Fact]
    [Trait("row", "S9")]
    public void A_source_that_tries_many_identities_waits_for_all_but_those_known_from_there()
    {
        var limiter = new FailureLimiter(_time);
        limiter.Succeeded("GOOD", "1.2.3.4");
        for (int i = 0; i < 10_000; i++)
        {
            if (limiter.Wait($"CP{i}", "1.2.3.4") == TimeSpan.Zero)
                limiter.Failed($"CP{i}", "1.2.3.4");
        }
        Assert.True(limiter.Wait("NEVER", "1.2.3.4") > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, limiter.Wait("GOOD", "1.2.3.4"));
        Assert.Equal(TimeSpan.Zero, limiter.Wait("NEVER", "1.2.3.5"));
        Assert.InRange(limiter.Count, 1, 30);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.Zero, limiter.Wait("NEVER", "1.2.3.4"));
    }

    [Fact]
    [Trait("row", "S9")]
    public void Memory_is_bounded_whatever_comes()
    {
        var limiter = new FailureLimiter(_time, capacity: 100);
        for (int i = 0; i < 10_000; i++)
        {
            limiter.Failed($"CP{i}", $"10.0.{i / 250}.{i % 250}");
            limiter.Succeeded($"OK{i}", $"10.1.{i / 250}.{i % 250}");
        }
        Assert.InRange(limiter.Count, 1, 300);
    }

    [Fact]
    [Trait("row", "S9")]
    public void Addresses_of_one_IPv6_network_are_one_source()
    {
        var limiter = new FailureLimiter(_time);
        for (int i = 0; i < 5; i++)
            limiter.Failed("CP", $"2001:db8::{i + 1:x}");
        Assert.True(limiter.Wait("CP", "2001:db8::ffff") > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, limiter.Wait("CP", "2001:db8:0:1::1"));
    }
}
