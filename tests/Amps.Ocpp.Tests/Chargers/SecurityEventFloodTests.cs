using System.Diagnostics.Metrics;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Storage;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>A flood of security events (faults P26).</summary>
public sealed class SecurityEventFloodTests
{
    [Fact]
    [Trait("row", "P26")]
    public async Task Of_a_flood_the_first_and_a_sample_are_kept_and_all_are_counted()
    {
        const string type = "flood-of-this-test";
        var store = new KeptEvents();
        var clock = new ManualTimeProvider();
        using var events = new SecurityEvents(store, clock, NullLogger<SecurityEvents>.Instance);
        long counted = 0;
        long left = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Amps.Ocpp.Security")
                self.EnableMeasurementEvents(instrument);
        };
        // The meters are those of all tests: only what this thread adds is this test's.
        int thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                _ = instrument.Name == "amps.security.events" ? counted += value : left += value;
        });
        listener.Start();

        for (int i = 0; i < 10_050; i++)
            events.Told(Sample.Cp("CP1"), type, null, $"{i}");
        events.Told(Sample.Cp("CP2"), type, null, "other");
        clock.Advance(TimeSpan.FromMinutes(1));
        events.Told(Sample.Cp("CP1"), type, null, "later");
        Assert.Equal(10_052, counted);
        Assert.Equal(10_000 - 100, left);

        await events.StartAsync(default);
        await Wait.UntilAsync(() => store.Count == 152, "all that is kept is stored");
        await events.StopAsync(default);
        Assert.Equal("0", store.All[0].Detail);
        Assert.Equal("10049", store.All[149].Detail);
        Assert.Equal(["other", "later"], store.All.Skip(150).Select(kept => kept.Detail));
    }

    private sealed class KeptEvents : ISecurityEventStore
    {
        private readonly Lock _gate = new();
        private readonly List<SecurityEvent> _kept = [];

        public int Count
        {
            get
            {
                lock (_gate)
                    return _kept.Count;
            }
        }

        public IReadOnlyList<SecurityEvent> All
        {
            get
            {
                lock (_gate)
                    return [.. _kept];
            }
        }

        public Task AddSecurityEventsAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken)
        {
            lock (_gate)
                _kept.AddRange(events);
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<SecurityEvent>> ListSecurityEventsAsync(ChargePointId? chargePoint, int limit, CancellationToken cancellationToken) =>
            Task.FromResult(All);
    }
}
