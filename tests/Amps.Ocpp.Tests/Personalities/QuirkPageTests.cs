using System.Reflection;
using System.Text;
using Amps.HardwareSim;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>
/// Which personality acts out which quirk, which test covers the others, and what an app sees: gathered from the personalities and
/// the tests into <c>docs/quirks.md</c>. <c>AMPS_WRITE_DOCS=1</c> writes the page anew; otherwise it must be the present one.
/// </summary>
public sealed class QuirkPageTests
{
    private const string Prefix = "Amps.Ocpp.Tests.";

    [Fact]
    public void Every_quirk_has_a_personality_a_test_or_a_reason_and_the_page_in_the_docs_is_the_present_one()
    {
        string[] quirks = [.. Enumerable.Range(1, 95).Select(number => $"Q{number:00}")];
        Assert.Equal(quirks, QuirkList.Texts.Keys);
        SortedDictionary<string, SortedSet<string>> tests = Tests();
        ILookup<string, Personality> personalities = PersonalityCatalog.All.Values.SelectMany(personality => personality.Quirks, (personality, quirk) => (personality, quirk))
            .ToLookup(pair => pair.quirk, pair => pair.personality);
        Assert.Empty(personalities.Select(group => group.Key).Concat(tests.Keys).Concat(QuirkList.Reasons.Keys).Except(quirks));
        Assert.All(quirks, quirk => Assert.True(
            (personalities.Contains(quirk) || tests.ContainsKey(quirk)) != QuirkList.Reasons.ContainsKey(quirk),
            $"{quirk} needs a personality, a test or else a reason"));

        string page = Page(personalities, tests);
        string file = Path.Combine(Repository.Root, "docs", "quirks.md");
        if (Environment.GetEnvironmentVariable("AMPS_WRITE_DOCS") == "1")
            File.WriteAllText(file, page);
        Assert.True(File.Exists(file) && File.ReadAllText(file) == page, "docs/quirks.md is not the present one; write it with AMPS_WRITE_DOCS=1.");
    }

    /// <summary>Quirks with the tests that name them, on the method or on its class.</summary>
    private static SortedDictionary<string, SortedSet<string>> Tests()
    {
        var tests = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (Type type in typeof(QuirkPageTests).Assembly.GetTypes().Where(type => !type.IsAbstract))
        {
            foreach (MethodInfo method in type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>(inherit: true).Any()))
            {
                foreach (TraitAttribute trait in method.GetCustomAttributes<TraitAttribute>().Concat(type.GetCustomAttributes<TraitAttribute>()).Where(trait => trait.Name == "quirk"))
                {
                    if (!tests.TryGetValue(trait.Value, out SortedSet<string>? known))
                        tests[trait.Value] = known = new SortedSet<string>(StringComparer.Ordinal);
                    known.Add($"{type.FullName![Prefix.Length..].Replace('.', '/')}: {method.Name.Replace('_', ' ')}");
                }
            }
        }
        return tests;
    }

    private static string Page(ILookup<string, Personality> personalities, SortedDictionary<string, SortedSet<string>> tests)
    {
        var page = new StringBuilder("""
            # What real charge points do, and how it is tested

            Written by the test run (`AMPS_WRITE_DOCS=1 ./test.sh`) from the personalities and the tests' own traits; the ordinary run fails when it
            is not the present one.

            A personality is a simulated charge point that shows a quirk: data in `hardware-sim/personalities/`, run by
            `dotnet run -c Release --project hardware-sim -- --personality NAME`, all of them listed by `--list-personalities`. `Personalities/PersonalityTests`
            tells the same story against each, in every version of OCPP that it can be played in: read, plug in, cap, charge, a lower cap in the session, idle, charge again, unplug. An app sees what it sees of
            a charge point as the standard wants it (*as usual*), or what the table says.

            As usual:
            """.Replace("\r", "", StringComparison.Ordinal));
        page.Append(' ').AppendJoin(", ", PersonalityStory.Ordinary.Select(step => $"{step.Key} `{step.Value}`")).Append(".\n");
        foreach ((string title, int first, int last) in QuirkList.Sections)
        {
            page.Append($"\n## {title}\n\n| quirk | | personality or test | what an app sees |\n|---|---|---|---|\n");
            for (int number = first; number <= last; number++)
            {
                string quirk = $"Q{number:00}";
                foreach (Personality personality in personalities[quirk])
                    page.Append($"| {quirk} | {QuirkList.Texts[quirk]} | `{personality.Name}` ({Versions(personality)}): {personality.Description} | {Sight(personality)} |\n");
                foreach (string test in tests.GetValueOrDefault(quirk, []))
                    page.Append($"| {quirk} | {QuirkList.Texts[quirk]} | {test} | |\n");
                if (QuirkList.Reasons.TryGetValue(quirk, out string? reason))
                    page.Append($"| {quirk} | {QuirkList.Texts[quirk]} | *none:* {reason} | |\n");
            }
        }
        page.Append("\n## Beyond the catalogue\n\n| personality | what an app sees |\n|---|---|\n");
        foreach (Personality personality in PersonalityCatalog.All.Values.Where(personality => personality.Quirks.Count == 0))
            page.Append($"| `{personality.Name}` ({Versions(personality)}): {personality.Description} | {Sight(personality)} |\n");
        return page.ToString();
    }

    private static string Versions(Personality personality) => string.Join(", ", personality.Versions);

    private static string Sight(Personality personality)
    {
        IEnumerable<string> steps = PersonalityStory.Ordinary.Keys.Where(personality.Expect.ContainsKey).Select(step => $"{step} `{personality.Expect[step]}`");
        string told = personality.Expect.Count == 0 ? "as usual" : $"{string.Join(", ", steps)}: {personality.Expect["why"]}";
        string put = personality.Operator is { } body ? $"; the operator put `{body.ToJsonString()}`" : "";
        string missing = personality.Awaits is { } awaits ? $" *Not yet:* {awaits}" : "";
        return told + put + missing;
    }
}
