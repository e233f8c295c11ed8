using System.Text;
using System.Text.Json.Nodes;

namespace Amps.Ocpp.Tests.Fuzz;

/// <summary>Frames of a charge point with one to four changes, in their structure or in their text; always UTF-8.</summary>
internal sealed class FrameMutator(Random random, IReadOnlyList<string> seeds)
{
    private const string Alphabet = "[]{}\",:\\ 0123456789-+.eEnulltruefalse/*\u0000\u0001é€";

    private static readonly string[] s_values =
    [
        "null", "true", "-1", "0", "99", "2147483648", "9999999999999999999", "1e308", "-0.0", "0.12345678901234567", "\"\"", "\"@surrogate@\"", "\"\\u0000\"",
        "\"é€😀\"", "[]", "{}", "[[[[[[[[[[]]]]]]]]]]", "\"1970-01-01T00:00:00Z\"", "\"2099-12-31T23:59:60+14:00\"", "\"NaN\"", "\"12,5\"", "\"1e3\"",
    ];

    public byte[] Next(string id)
    {
        string frame = seeds[random.Next(seeds.Count)].Replace("{id}", id, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(random.Next(3) == 0 ? InText(random, frame) : InStructure(frame));
    }

    /// <summary>The same frame with values of other kinds, members gone, doubled, renamed or blown up.</summary>
    private string InStructure(string frame)
    {
        JsonNode root = JsonNode.Parse(frame)!;
        for (int changes = random.Next(0, 4); changes > 0; changes--)
        {
            List<JsonNode> inner = [];
            Gather(root, inner);
            Change(inner[random.Next(inner.Count)]);
        }
        // No JSON writer writes half a surrogate pair.
        return root.ToJsonString().Replace("@surrogate@", "\\ud800", StringComparison.Ordinal);
    }

    private static void Gather(JsonNode node, List<JsonNode> found)
    {
        if (node is JsonArray or JsonObject)
            found.Add(node);
        IEnumerable<JsonNode?> children = node switch
        {
            JsonArray array => array,
            JsonObject members => members.Select(member => member.Value),
            _ => [],
        };
        foreach (JsonNode? child in children)
        {
            if (child is not null)
                Gather(child, found);
        }
    }

    private void Change(JsonNode node)
    {
        if (node is JsonArray array)
        {
            if (array.Count == 0 || random.Next(6) == 0)
                array.Add(Value());
            else if (random.Next(4) == 0)
                array.RemoveAt(random.Next(array.Count));
            else if (random.Next(4) == 0)
                array.Insert(random.Next(array.Count), array[random.Next(array.Count)]?.DeepClone());
            // The frame's own elements change less often: its payload is where the meaning is.
            else if (node.Parent is not null || random.Next(4) == 0)
                array[random.Next(array.Count)] = Value();
        }
        else if (node is JsonObject members)
        {
            string name = members.Count == 0 ? "extra" : members.ElementAt(random.Next(members.Count)).Key;
            switch (random.Next(5))
            {
                case 0:
                    members.Remove(name);
                    break;
                case 1:
                    members[name + "x"] = Value();
                    break;
                case 2:
                    members[name] = new string('x', random.Next(1, 2_000));
                    break;
                default:
                    members[name] = Value();
                    break;
            }
        }
    }

    private JsonNode? Value() => JsonNode.Parse(s_values[random.Next(s_values.Length)]);

    /// <summary>The same text with one to four of its pieces gone, doubled or replaced.</summary>
    public static string InText(Random random, string frame)
    {
        var text = new StringBuilder(frame);
        for (int changes = random.Next(1, 5); changes > 0 && text.Length > 0; changes--)
        {
            int at = random.Next(text.Length);
            int length = Math.Min(random.Next(1, 8), text.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                    break;
                case 2:
                    text[at] = Alphabet[random.Next(Alphabet.Length)];
                    break;
                case 3:
                    text.Insert(random.Next(text.Length), text.ToString(at, length));
                    break;
                default:
                    text.Length = at;
                    break;
            }
        }
        return text.ToString();
    }
}
