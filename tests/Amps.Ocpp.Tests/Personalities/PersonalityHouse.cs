using Amps.HardwareSim;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>One service for all personalities; their stories run side by side, each is told once in each of its versions.</summary>
public sealed class PersonalityHouse : IAsyncLifetime
{
    /// <summary>More at once would make two cores late where calls wait three seconds.</summary>
    private const int AtOnce = 120;

    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly Dictionary<(string Name, string Version), Task<PersonalityStory>> _stories = [];
    private readonly SimulationClock _clock = new();
    private ServiceHost _service = null!;
    private ApiClient _app = null!;

    public async ValueTask InitializeAsync()
    {
        _service = await ServiceHost.StartAsync(
            "Amps:Ocpp:CallTimeoutSeconds=3", "Amps:Actions:ConfirmationTimeoutSeconds=15", "Amps:RateLimit:RequestsPerSecond=100000", "Amps:RateLimit:Burst=100000");
        _app = await _service.CustomerAsync();
        string? only = Environment.GetEnvironmentVariable("AMPS_PERSONALITIES");
        foreach (Personality personality in PersonalityCatalog.All.Values)
        {
            if (only is null ? personality.Awaits is not null : !only.Split(',').Contains(personality.Name))
                continue;
            foreach (string version in personality.Versions)
                _stories[(personality.Name, version)] = RunAsync(personality, version);
        }
    }

    internal Task<PersonalityStory>? StoryOf(string name, string version) => _stories.GetValueOrDefault((name, version));

    public async ValueTask DisposeAsync()
    {
        await ((Task)Task.WhenAll(_stories.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _app.Dispose();
        await _clock.DisposeAsync();
        await _service.DisposeAsync();
        _room.Dispose();
    }

    private async Task<PersonalityStory> RunAsync(Personality personality, string version)
    {
        await _room.WaitAsync();
        try
        {
            return await new PersonalityStory(_service, _app, _clock, personality, version).RunAsync();
        }
        finally
        {
            _room.Release();
        }
    }
}
