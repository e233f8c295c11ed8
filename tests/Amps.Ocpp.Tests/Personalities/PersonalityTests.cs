using Amps.HardwareSim;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>What apps see of charge points that behave as real ones do (charger quirks).</summary>
public sealed class PersonalityTests(PersonalityHouse house) : IClassFixture<PersonalityHouse>
{
    public static TheoryData<string, string> Stories =>
        [.. PersonalityCatalog.All.Values.SelectMany(personality => personality.Versions, (personality, version) => (personality.Name, version))];

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task An_app_sees_what_the_personality_expects(string name, string version)
    {
        Personality personality = PersonalityCatalog.All[name];
        Assert.SkipWhen(house.StoryOf(name, version) is null, personality.Awaits ?? "Another personality was asked for.");
        PersonalityStory story = await house.StoryOf(name, version)!;
        List<string> differences = [.. PersonalityStory.Ordinary.Select(step => (
                Step: step.Key,
                Expected: personality.Expect.GetValueOrDefault(step.Key, step.Value),
                Seen: story.Seen.GetValueOrDefault(step.Key, "nothing")))
            .Where(step => step.Expected != step.Seen)
            .Select(step => $"{step.Step}: expected {step.Expected}, seen {step.Seen}")];
        if (differences.Count > 0 && Environment.GetEnvironmentVariable("AMPS_FRAMES") is { } folder)
            await File.WriteAllLinesAsync(Path.Combine(folder, $"{name}-{version}.txt"), story.Frames);
        Assert.True(differences.Count == 0, $"{name} in {version}: {string.Join("; ", differences)}");
    }

    [Fact]
    public void Every_personality_says_what_it_is()
    {
        foreach (Personality personality in PersonalityCatalog.All.Values)
        {
            Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", personality.Name);
            Assert.Matches(@"^[A-Z].*\.$", personality.Description);
            Assert.True(personality.Quirks.Count > 0 || !personality.Versions.Contains("1.6"), $"{personality.Name}: no quirk");
            Assert.Empty(personality.Versions.Except(["1.6", "2.0.1", "2.1"]));
            Assert.All(personality.Quirks, quirk => Assert.Matches("^Q[0-9]{2}$", quirk));
            Assert.All(personality.Expect.Keys, step => Assert.True(step == "why" || PersonalityStory.Ordinary.ContainsKey(step), $"{personality.Name}: no step '{step}'"));
            Assert.True(personality.Expect.Count == 0 || personality.Expect.ContainsKey("why"), $"{personality.Name}: expect without why");
        }
    }
}
