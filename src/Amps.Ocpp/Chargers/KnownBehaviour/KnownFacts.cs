using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers.KnownBehaviour;

/// <summary>The data files of this folder: one per vendor, each a list of <see cref="KnownFact"/>.</summary>
public static class KnownFacts
{
    private const string Prefix = "known/";

    private static readonly Lazy<ImmutableArray<KnownFact>> s_all = new(Load);

    public static ImmutableArray<KnownFact> All => s_all.Value;

    /// <summary>What is known of a charge point by what its boot told, the more particular first.</summary>
    public static ImmutableArray<KnownFact> Of(ChargePointRecord? record)
    {
        string? vendor = Text(record?.Boot?.Vendor) ?? record?.Configuration.Vendor;
        string? model = Text(record?.Boot?.Model) ?? record?.Configuration.Model;
        return vendor is null && model is null ? [] : [.. All.Where(fact => fact.Fits(vendor, model, record?.Boot?.FirmwareVersion))];
    }

    /// <summary>The same as one behaviour; null = nothing is known.</summary>
    public static LearnedBehaviour? Merge(ImmutableArray<KnownFact> facts)
    {
        LearnedBehaviour? merged = null;
        foreach (KnownFact fact in facts)
            merged = merged.Over(fact.Behaviour);
        return merged;
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static ImmutableArray<KnownFact> Load()
    {
        Assembly assembly = typeof(KnownFacts).Assembly;
        var facts = new List<KnownFact>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using Stream file = assembly.GetManifestResourceStream(name)!;
            facts.AddRange(JsonSerializer.Deserialize(file, KnownFactsJson.Default.KnownFactArray)!);
        }
        return [.. facts.OrderByDescending(Particular)];
    }

    /// <summary>The more is said of model and firmware, the more particular.</summary>
    private static int Particular(KnownFact fact) => (fact.Model.Count(c => c != '*') * 100) + fact.Firmware.Count(c => c != '*');
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(KnownFact[]))]
internal sealed partial class KnownFactsJson : JsonSerializerContext;
