using System.Reflection;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.House;

/// <summary>
/// Which test proves which row of the faults: gathered from the tests themselves into <c>docs/fault-rows.md</c>. A row without a
/// test needs a reason here. <c>AMPS_WRITE_DOCS=1</c> writes the page anew; otherwise it must be the present one.
/// </summary>
public sealed class FaultRowsTests
{
    private static readonly (char Section, string Title, int Rows)[] s_sections =
    [
        ('H', "Opening a connection", 23),
        ('S', "Authentication and TLS", 18),
        ('W', "WebSocket frames", 18),
        ('R', "RPC frames", 24),
        ('P', "Payloads and meaning", 27),
        ('C', "Sessions, order, concurrency", 19),
        ('A', "REST API", 22),
        ('N', "Webhooks", 14),
        ('M', "MQTT and the cache", 13),
        ('D', "Store and process", 22),
        ('X', "Exhaustion and time", 12),
    ];

    [Fact]
    public void Every_row_has_a_test_or_a_reason_and_the_page_in_the_docs_is_the_present_one()
    {
        SortedDictionary<string, SortedSet<string>> tests = Tests();
        HashSet<string> rows = [.. s_sections.SelectMany(section => Enumerable.Range(1, section.Rows).Select(row => $"{section.Section}{row}"))];
        Assert.Empty(tests.Keys.Except(rows));
        Assert.Empty(UncoveredRows.Reasons.Keys.Except(rows));
        Assert.Empty(UncoveredRows.Reasons.Keys.Intersect(tests.Keys));
        Assert.Empty(rows.Except(tests.Keys).Except(UncoveredRows.Reasons.Keys));

        string page = Page(tests);
        string file = Path.Combine(Repository.Root, "docs", "fault-rows.md");
        if (Environment.GetEnvironmentVariable("AMPS_WRITE_DOCS") == "1")
            File.WriteAllText(file, page);
        Assert.True(File.Exists(file) && File.ReadAllText(file) == page, "docs/fault-rows.md is not the present one; write it with AMPS_WRITE_DOCS=1.");
    }

    /// <summary>Rows with the tests that name them, on the method or on its class.</summary>
    private static SortedDictionary<string, SortedSet<string>> Tests()
    {
        var tests = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (Type type in typeof(FaultRowsTests).Assembly.GetTypes().Where(type => !type.IsAbstract))
        {
            string[] ofClass = Rows(type);
            foreach (MethodInfo method in type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>(inherit: true).Any()))
            {
                foreach (string row in Rows(method).Concat(ofClass))
                {
                    if (!tests.TryGetValue(row, out SortedSet<string>? known))
                        tests[row] = known = new SortedSet<string>(StringComparer.Ordinal);
                    known.Add($"{type.FullName!["Amps.Ocpp.Tests.".Length..].Replace('.', '/').Replace('+', '.')}: {method.Name.Replace('_', ' ')}");
                }
            }
        }
        return tests;
    }

    private static string[] Rows(MemberInfo member) =>
        [.. member.GetCustomAttributes<TraitAttribute>(inherit: true).Where(trait => trait.Name == "row").Select(trait => trait.Value)];

    private static string Page(SortedDictionary<string, SortedSet<string>> tests)
    {
        var page = new StringBuilder("""
            # Faults and the tests that prove what happens then

            Written by the test run (`AMPS_WRITE_DOCS=1 ./test.sh`) from the tests' own traits; the ordinary run fails when it is not the present one.


            """.Replace("\r", "", StringComparison.Ordinal));
        int all = s_sections.Sum(section => section.Rows);
        page.Append($"{tests.Count} of {all} rows have a test; {all - tests.Count} have a reason why not.\n");
        foreach ((char section, string title, int count) in s_sections)
        {
            page.Append($"\n## {section}. {title}\n\n| row | tests |\n|---|---|\n");
            for (int row = 1; row <= count; row++)
            {
                string id = $"{section}{row}";
                page.Append(tests.TryGetValue(id, out SortedSet<string>? names)
                    ? $"| {id} | {string.Join("<br>", names)} |\n"
                    : $"| {id} | *not covered:* {UncoveredRows.Reasons[id]} |\n");
            }
        }
        return page.ToString();
    }
}
