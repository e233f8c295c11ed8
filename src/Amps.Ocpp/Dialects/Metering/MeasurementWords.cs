using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace Amps.Ocpp.Dialects.Metering;

/// <summary>
/// The words of a sampled value (OCPP 1.6 section 7, 2.x part 2 section 3: Measurand, Phase, UnitOfMeasure, ReadingContext, Location, ValueFormat) as shared
/// strings: meter values are most of the traffic and say the same few words over and over.
/// </summary>
internal static class MeasurementWords
{
    private const int Longest = 64;

    private static readonly FrozenSet<string> s_words = FrozenSet.Create(
        StringComparer.Ordinal,
        "Energy.Active.Export.Register", "Energy.Active.Import.Register", "Energy.Reactive.Export.Register", "Energy.Reactive.Import.Register",
        "Energy.Active.Export.Interval", "Energy.Active.Import.Interval", "Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval",
        "Power.Active.Export", "Power.Active.Import", "Power.Offered", "Power.Reactive.Export", "Power.Reactive.Import", "Power.Factor",
        "Current.Import", "Current.Export", "Current.Offered", "Current.Import.Offered", "Power.Import.Offered", "Voltage", "Frequency", "Temperature", "SoC", "RPM",
        "L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1",
        "Wh", "kWh", "varh", "kvarh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K", "Celcius", "Celsius", "Fahrenheit", "Percent",
        "Interruption.Begin", "Interruption.End", "Other", "Sample.Clock", "Sample.Periodic", "Transaction.Begin", "Transaction.End", "Trigger",
        "Body", "Cable", "EV", "Inlet", "Outlet", "Raw", "SignedData");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The string or null that the reader stands on; a new string only for a word that is not of the standard.</summary>
    public static string? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped || reader.ValueSpan.Length > Longest)
            return reader.GetString();
        Span<char> word = stackalloc char[Longest];
        return Encoding.UTF8.TryGetChars(reader.ValueSpan, word, out int length) && s_lookup.TryGetValue(word[..length], out string? known)
            ? known
            : reader.GetString();
    }
}
