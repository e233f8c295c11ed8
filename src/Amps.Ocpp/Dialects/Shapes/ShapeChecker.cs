using System.Globalization;
using System.Text.Json;

namespace Amps.Ocpp.Dialects.Shapes;

/// <summary>Judges payloads against their shape in one walk; allocates only for what is wrong.</summary>
internal static class ShapeChecker
{
    private const int MaxDepth = 32;
    private const int LongestWord = 64;

    /// <summary>The first rule that a payload breaks, or null. A field that comes twice counts by its last value.</summary>
    /// <param name="shape">What it must be like.</param>
    /// <param name="payload">JSON in UTF-8.</param>
    /// <param name="mode">How strictly.</param>
    /// <param name="tolerated">How often leniency was needed.</param>
    public static ShapeViolation? Check(MessageShape shape, ReadOnlySpan<byte> payload, ShapeMode mode, out int tolerated)
    {
        var walk = new Walk(mode);
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                walk.Fail(ShapeViolationKind.Formation, "The payload must be an object.");
            else
                walk.Object(ref reader, shape);
        }
        catch (JsonException)
        {
            walk.Fail(ShapeViolationKind.Formation, "The payload is not valid JSON.");
        }
        catch (InvalidOperationException)
        {
            walk.Fail(ShapeViolationKind.Formation, "A string is not valid text.");
        }
        tolerated = walk.Tolerated;
        return walk.Violation;
    }

    private struct Walk(ShapeMode mode)
    {
        public ShapeViolation? Violation;
        public int Tolerated;

        public void Fail(ShapeViolationKind kind, string message) => Violation ??= new ShapeViolation(kind, "", message);

        /// <summary>The reader stands on the opening brace and is left on the closing one.</summary>
        public bool Object(ref Utf8JsonReader reader, MessageShape shape)
        {
            ulong missing = shape.RequiredBits;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                int index = shape.Find(ref reader);
                reader.Read();
                if (index < 0)
                {
                    if (!shape.IsOpen && !Tolerate(ShapeViolationKind.Formation, "A field that the standard does not know."))
                        return false;
                    reader.Skip();
                    continue;
                }
                FieldShape field = shape.Fields[index];
                // Some write null for what they do not tell.
                if (reader.TokenType == JsonTokenType.Null && !field.Required && mode == ShapeMode.Lenient)
                {
                    Tolerated++;
                    continue;
                }
                if (!Value(ref reader, field.Value))
                    return Failed(field.Name);
                missing &= ~(1UL << index);
            }
            if (missing == 0)
                return true;
            FieldShape absent = shape.Fields[System.Numerics.BitOperations.TrailingZeroCount(missing)];
            Fail(ShapeViolationKind.Occurrence, "Required.");
            return Failed(absent.Name);
        }

        private bool Value(ref Utf8JsonReader reader, ValueShape shape) => shape switch
        {
            TextShape text => Text(ref reader, text),
            ChoiceShape choice => Choice(ref reader, choice),
            NumberShape number => Number(ref reader, number),
            TimeShape => Time(ref reader),
            FlagShape => Is(reader.TokenType is JsonTokenType.True or JsonTokenType.False, "true or false."),
            ObjectShape nested => Is(reader.TokenType == JsonTokenType.StartObject, "An object.") && Object(ref reader, nested.Fields),
            AnyShape => Skipped(ref reader),
            ListShape list => Is(reader.TokenType == JsonTokenType.StartArray, "A list.") && List(ref reader, list),
            _ => throw new InvalidOperationException("No such shape."),
        };

        private bool Text(ref Utf8JsonReader reader, TextShape shape)
        {
            if (!Is(reader.TokenType == JsonTokenType.String, "A string."))
                return false;
            // Bytes are never fewer than characters, so most strings are judged without decoding them; escapes are decoded, since
            // half a surrogate pair is no text (faults R15).
            if (!reader.ValueIsEscaped && reader.ValueSpan.Length <= shape.MaxLength)
                return true;
            int length;
            try
            {
                length = reader.GetString()!.Length;
            }
            catch (InvalidOperationException)
            {
                Fail(ShapeViolationKind.Formation, "A string is not valid text.");
                return false;
            }
            return length <= shape.MaxLength || Tolerate(ShapeViolationKind.Property, $"At most {shape.MaxLength} characters.");
        }

        private bool Choice(ref Utf8JsonReader reader, ChoiceShape shape)
        {
            if (!Is(reader.TokenType == JsonTokenType.String, "A string."))
                return false;
            if (Known(ref reader, shape))
                return true;
            const string message = "None of the words of the standard.";
            if (!shape.MustUnderstand)
                return Tolerate(ShapeViolationKind.Property, message);
            Fail(ShapeViolationKind.Property, message);
            return false;
        }

        private static bool Known(ref Utf8JsonReader reader, ChoiceShape shape)
        {
            if (reader.ValueSpan.Length > LongestWord * 6)
                return false;
            Span<char> word = stackalloc char[LongestWord * 6];
            int length = reader.CopyString(word);
            return shape.Words.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word[..length]);
        }

        private bool Number(ref Utf8JsonReader reader, NumberShape shape)
        {
            if (!Is(reader.TokenType == JsonTokenType.Number, "A number."))
                return false;
            if (shape.OnlyWhole)
                return reader.TryGetInt32(out int whole) ? Within(whole, shape) : (shape.Large && reader.TryGetInt64(out _)) || Whole(ref reader);
            if (!reader.TryGetDouble(out double value) || !double.IsFinite(value))
            {
                Fail(ShapeViolationKind.Property, "A number that fits a double.");
                return false;
            }
            return Within(value, shape) && (!shape.OneDecimal || Math.Abs((value * 10) - Math.Round(value * 10)) < 1e-6 || Tolerate(ShapeViolationKind.Property, "One decimal at most."));
        }

        private bool Within(double value, NumberShape shape) =>
            (value >= shape.Min && value <= shape.Max) || Tolerate(ShapeViolationKind.Property, $"A number from {shape.Min} to {shape.Max}.");

        private static bool Skipped(ref Utf8JsonReader reader)
        {
            reader.Skip();
            return true;
        }

        /// <summary>A number that is no 32-bit integer as written: 1.0 is whole all the same, 1.5 and 1e99 are not.</summary>
        private bool Whole(ref Utf8JsonReader reader)
        {
            if (!reader.TryGetDouble(out double value) || value != Math.Floor(value))
            {
                Fail(ShapeViolationKind.Type, "A whole number.");
                return false;
            }
            Fail(ShapeViolationKind.Property, "A whole number of 32 bits, written without a point.");
            return false;
        }

        private bool Time(ref Utf8JsonReader reader)
        {
            if (!Is(reader.TokenType == JsonTokenType.String, "A time as a string."))
                return false;
            if (reader.TryGetDateTimeOffset(out _) && reader.ValueSpan[^1] is (byte)'Z' or >= (byte)'0' and <= (byte)'9' && HasZone(reader.ValueSpan))
                return true;
            // A plus may be written as an escape.
            if (reader.ValueSpan.Length <= 64 && ChargerTime.Read(reader.GetString()) is not null)
                return Tolerate(ShapeViolationKind.Property, "A time as RFC 3339 writes it.");
            Fail(ShapeViolationKind.Formation, "A time as RFC 3339 writes it.");
            return false;
        }

        private static bool HasZone(ReadOnlySpan<byte> time) => time.Length > 19 && time[19..].ContainsAny((byte)'Z', (byte)'+', (byte)'-');

        /// <summary>The reader stands on the opening bracket and is left on the closing one.</summary>
        private bool List(ref Utf8JsonReader reader, ListShape shape)
        {
            int count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!Value(ref reader, shape.Item))
                    return Failed(count.ToString(CultureInfo.InvariantCulture));
                count++;
            }
            if (count >= shape.Min && count <= shape.Max)
                return true;
            Fail(ShapeViolationKind.Occurrence, shape.Max == int.MaxValue ? $"At least {shape.Min} items." : $"{shape.Min} to {shape.Max} items.");
            return false;
        }

        private bool Is(bool right, string message)
        {
            if (!right)
                Fail(ShapeViolationKind.Type, message);
            return right;
        }

        private bool Tolerate(ShapeViolationKind kind, string message)
        {
            if (mode == ShapeMode.Lenient)
            {
                Tolerated++;
                return true;
            }
            Fail(kind, message);
            return false;
        }

        /// <summary>Puts a name before the path on the way out of the nesting.</summary>
        private bool Failed(string name)
        {
            if (Violation is { } violation)
                Violation = violation with { Path = $"/{name}{violation.Path}" };
            return false;
        }
    }
}
