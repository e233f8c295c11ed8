using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>What every engine's store of security events does.</summary>
public abstract class SecurityEventStoreTests(StoreFixture store) : IAsyncLifetime
{
    private ISecurityEventStore Events => store.SecurityEvents;

    public async ValueTask InitializeAsync() => await store.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task They_come_back_newest_first_of_one_or_of_all()
    {
        var told = new SecurityEvent(Sample.Noon, Sample.Cp("Cp 1"), true, "TamperDetectionActivated", Sample.Noon.AddHours(-1), "lid", null);
        var found = new SecurityEvent(Sample.Noon.AddTicks(1), Sample.Cp("Cp 2"), false, "SecurityProfileTooLow", null, null, "1.2.3.4");
        var nobody = new SecurityEvent(Sample.Noon.AddTicks(2), null, false, "TLSHandshakeFailed", null, "Ocpp", "::1");
        await Events.AddSecurityEventsAsync([told, found], default);
        await Events.AddSecurityEventsAsync([nobody], default);

        await store.ReopenAsync();

        Assert.Equal([nobody, found, told], await Events.ListSecurityEventsAsync(null, 10, default));
        Assert.Equal([nobody], await Events.ListSecurityEventsAsync(null, 1, default));
        Assert.Equal([told], await Events.ListSecurityEventsAsync(Sample.Cp("CP 1"), 10, default));
        Assert.Empty(await Events.ListSecurityEventsAsync(Sample.Cp("CP 3"), 10, default));
    }

    [Fact]
    public async Task Of_each_charge_point_the_newest_stay_and_refusals_push_out_nothing_it_told()
    {
        var told = new SecurityEvent(Sample.Noon, Sample.Cp("CP1"), true, "TamperDetectionActivated", null, null, null);
        await Events.AddSecurityEventsAsync([told], default);
        for (int i = 0; i < 6; i++)
        {
            await Events.AddSecurityEventsAsync(
                [.. Enumerable.Range(i * 100, 100).Select(n => new SecurityEvent(Sample.Noon, Sample.Cp("CP1"), false, "T", null, $"{n}", null))], default);
        }
        IReadOnlyList<SecurityEvent> kept = await Events.ListSecurityEventsAsync(Sample.Cp("CP1"), 1000, default);
        Assert.Equal(501, kept.Count);
        Assert.Equal(("599", "100"), (kept[0].Detail, kept[499].Detail));
        Assert.Equal(told, kept[500]);
    }
}

public sealed class SqliteSecurityEventStoreTests() : SecurityEventStoreTests(new SqliteStoreFixture());
