using System.Collections.Frozen;
using System.Text;

namespace Amps.Ocpp.Dialects.Shapes;

/// <summary>What a JSON value must be like.</summary>
internal abstract record ValueShape
{
    /// <summary>A string of at most so many characters.</summary>
    public static ValueShape Text(int maxLength = int.MaxValue) => new TextShape(maxLength);

    /// <summary>A time as RFC 3339 writes it.</summary>
    public static ValueShape Time { get; } = new TimeShape();

    /// <summary>A whole number.</summary>
    public static ValueShape Whole { get; } = new NumberShape(OnlyWhole: true, OneDecimal: false);

    /// <summary>A whole number of up to 64 bits: ids and registers that overflowed must not make a message unanswerable.</summary>
    public static ValueShape LargeWhole { get; } = new NumberShape(OnlyWhole: true, OneDecimal: false) { Large = true };

    /// <summary>A number of at most one decimal.</summary>
    public static ValueShape Tenths { get; } = new NumberShape(OnlyWhole: false, OneDecimal: true);

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static ValueShape Flag { get; } = new FlagShape();

    /// <summary>One of these words; another one cannot be understood.</summary>
    public static ValueShape OneOf(params string[] words) => new ChoiceShape(words.ToFrozenSet(StringComparer.Ordinal), MustUnderstand: true);

    /// <summary>One of these words; another one is let pass where leniency is asked for, since nothing depends on it.</summary>
    public static ValueShape Advice(params string[] words) => new ChoiceShape(words.ToFrozenSet(StringComparer.Ordinal), MustUnderstand: false);

    /// <summary>Any JSON value.</summary>
    public static ValueShape Any { get; } = new AnyShape();

    /// <summary>A list of such values.</summary>
    public static ValueShape List(ValueShape item, int min = 0, int max = int.MaxValue) => new ListShape(item, min, max);

    /// <summary>An object of these fields.</summary>
    public static ValueShape Object(params FieldShape[] fields) => new ObjectShape(new MessageShape(fields));
}

internal sealed record TextShape(int MaxLength) : ValueShape;

internal sealed record TimeShape : ValueShape;

internal sealed record NumberShape(bool OnlyWhole, bool OneDecimal, double Min = double.NegativeInfinity, double Max = double.PositiveInfinity) : ValueShape
{
    /// <summary>Of up to 64 bits instead of 32.</summary>
    public bool Large { get; init; }
}

internal sealed record FlagShape : ValueShape;

internal sealed record AnyShape : ValueShape;

internal sealed record ChoiceShape(FrozenSet<string> Words, bool MustUnderstand) : ValueShape;

internal sealed record ListShape(ValueShape Item, int Min, int Max) : ValueShape;

internal sealed record ObjectShape(MessageShape Fields) : ValueShape;

/// <summary>A field of an object.</summary>
internal sealed record FieldShape(string Name, ValueShape Value, bool Required)
{
    /// <summary>The name as it stands in a message.</summary>
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    public static FieldShape Needs(string name, ValueShape value) => new(name, value, true);

    public static FieldShape May(string name, ValueShape value) => new(name, value, false);
}

/// <summary>The fields of a message's payload, or of an object within it; at most 64.</summary>
internal sealed class MessageShape(params FieldShape[] fields)
{
    /// <summary>Fields beside the known ones are allowed.</summary>
    public bool IsOpen { get; init; }

    public IReadOnlyList<FieldShape> Fields { get; } = fields;

    /// <summary>A bit for each required field, by its position.</summary>
    public ulong RequiredBits { get; } = fields.Select((field, index) => field.Required ? 1UL << index : 0).Aggregate(0UL, (bits, bit) => bits | bit);

    public bool HasRequiredFields => RequiredBits != 0;

    /// <summary>Position of the field with this name; -1 = there is none.</summary>
    public int Find(ref System.Text.Json.Utf8JsonReader reader)
    {
        for (int i = 0; i < fields.Length; i++)
        {
            if (reader.ValueTextEquals(fields[i].Utf8Name))
                return i;
        }
        return -1;
    }
}
