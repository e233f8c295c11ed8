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

    /// <summary>What is known of a charge point by what its boot told, or by what the operator named it; the more particular first.</summary>
    public static ImmutableArray<KnownFact> Of(ChargePointRecord? record)
    {
        if (record is null)
            return [];
        (BootData? boot, ChargePointConfiguration configuration) = (record.Boot, record.Configuration);
        return
        [
            .. All.Where(fact =>
                (boot is not null && fact.Fits(boot.Vendor, boot.Model, boot.FirmwareVersion))
                || (configuration.Vendor is { } vendor && fact.Fits(vendor, configuration.Model ?? boot?.Model, boot?.FirmwareVersion))),
        ];
    }

    /// <summary>The same as one behaviour; null = nothing is known.</summary>
    public static LearnedBehaviour? Merge(ImmutableArray<KnownFact> facts)
    {
        LearnedBehaviour? merged = null;
        foreach (KnownFact fact in facts)
            merged = merged.Over(fact.Behaviour);
        return merged;
    }

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
