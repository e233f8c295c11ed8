using System.Globalization;

namespace Amps.Ocpp.Dialects.Shapes;

/// <summary>
/// Reads message tables in a line notation, one declaration a line, an indented line goes on:
/// <c>enum NAME word …</c> (<c>!</c> after the name: must be understood), <c>type NAME field:SHAPE …</c>,
/// <c>station|central|both|send ACTION field:SHAPE … =&gt; field:SHAPE …</c>. A field with <c>?</c> may be absent. Shapes are
/// <c>text(36)</c>, <c>time</c>, <c>whole(0..100)</c>, <c>number</c>, <c>flag</c>, <c>any</c>, a name, or any of them with
/// <c>[1..4]</c> for a list. A later table changes what an earlier one declared by <c>&amp;</c> after the name: words and fields
/// are added or replaced, <c>-</c> takes one away. Every object may carry <c>customData</c> (OCPP 2.x part 2, section 1.5).
/// </summary>
internal sealed class ShapeNotation
{
    private static readonly FieldShape s_customData = FieldShape.May(
        "customData", new ObjectShape(new MessageShape(FieldShape.Needs("vendorId", ValueShape.Text(255))) { IsOpen = true }));

    private readonly Dictionary<string, List<string>> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _enums = new(StringComparer.Ordinal);
    private readonly HashSet<string> _mustUnderstand = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Message> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueShape> _shapes = new(StringComparer.Ordinal);

    private sealed record Message(string Sender, List<string> Request, List<string> Response);

    /// <summary>The actions of the tables, each read on top of those before it.</summary>
    public static ActionTable Read(params IEnumerable<string> tables)
    {
        var notation = new ShapeNotation();
        foreach (string table in tables)
            notation.Declare(table);
        return new ActionTable(notation._messages.Select(entry => notation.ActionOf(entry.Key, entry.Value)));
    }

    private void Declare(string table)
    {
        string lines = table.ReplaceLineEndings("\n").Replace("\n    ", " ", StringComparison.Ordinal);
        foreach (string line in lines.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string name = words[1].TrimEnd('!');
            if (name.Length < words[1].Length)
                _mustUnderstand.Add(name);
            bool changes = words.Length > 2 && words[2] == "&";
            string[] rest = words[(changes ? 3 : 2)..];
            if (words[0] == "enum")
                Change(_enums, name, rest, changes);
            else if (words[0] == "type")
                Change(_types, name, rest, changes);
            else
                DeclareMessage(words[0], name, rest, changes);
        }
    }

    private void DeclareMessage(string sender, string name, string[] fields, bool changes)
    {
        if (!changes)
            _messages[name] = new Message(sender, [], []);
        Message message = _messages[name];
        int arrow = Array.IndexOf(fields, "=>");
        Merge(message.Request, arrow < 0 ? fields : fields[..arrow]);
        Merge(message.Response, arrow < 0 ? [] : fields[(arrow + 1)..]);
    }

    private static void Change(Dictionary<string, List<string>> declared, string name, string[] parts, bool changes)
    {
        if (!changes)
            declared[name] = [];
        Merge(declared[name], parts);
    }

    /// <summary>Adds words or fields; one of the same name gives way.</summary>
    private static void Merge(List<string> known, IEnumerable<string> parts)
    {
        foreach (string part in parts)
        {
            string name = NameOf(part.TrimStart('-'));
            known.RemoveAll(other => NameOf(other) == name);
            if (part[0] != '-')
                known.Add(part);
        }
    }

    private static string NameOf(string part) => part.Split(':')[0].TrimEnd('?');

    private OcppAction ActionOf(string name, Message message) => new(
        name, message.Sender != "central", message.Sender is "central" or "both", Fields(message.Request), Fields(message.Response))
    {
        IsOneWay = message.Sender == "send",
    };

    private MessageShape Fields(List<string> fields) => new([.. fields.Select(Field), s_customData]);

    private FieldShape Field(string field)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        bool optional = field[colon - 1] == '?';
        return new FieldShape(field[..(optional ? colon - 1 : colon)], Shape(field[(colon + 1)..]), !optional);
    }

    private ValueShape Shape(string text)
    {
        if (!_shapes.TryGetValue(text, out ValueShape? shape))
            _shapes[text] = shape = Make(text);
        return shape;
    }

    private ValueShape Make(string text)
    {
        if (text[^1] == ']')
        {
            int bracket = text.LastIndexOf('[');
            (double min, double max) = Bounds(text[(bracket + 1)..^1]);
            return new ListShape(Shape(text[..bracket]), (int)Math.Max(min, 0), max > int.MaxValue ? int.MaxValue : (int)max);
        }
        string[] parts = text.TrimEnd(')').Split('(');
        (double from, double to) = parts.Length > 1 ? Bounds(parts[1]) : Bounds("");
        return parts[0] switch
        {
            "text" => ValueShape.Text(double.IsFinite(to) ? (int)to : int.MaxValue),
            "time" => ValueShape.Time,
            "whole" or "number" => new NumberShape(parts[0] == "whole", OneDecimal: false, from, to),
            "flag" => ValueShape.Flag,
            "any" => ValueShape.Any,
            _ when _enums.TryGetValue(text, out List<string>? words) =>
                _mustUnderstand.Contains(text) ? ValueShape.OneOf([.. words]) : ValueShape.Advice([.. words]),
            _ => new ObjectShape(Fields(_types[text])),
        };
    }

    /// <summary><c>1..4</c>, <c>1..</c>, <c>..0</c>, or one number for the upper bound.</summary>
    private static (double Min, double Max) Bounds(string text)
    {
        string[] ends = text.Split("..");
        return (ends.Length > 1 ? Bound(ends[0], double.NegativeInfinity) : double.NegativeInfinity, Bound(ends[^1], double.PositiveInfinity));
    }

    private static double Bound(string text, double none) => text.Length == 0 ? none : double.Parse(text, CultureInfo.InvariantCulture);
}
