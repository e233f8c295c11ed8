using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>What two boots of one identity say of its hardware.</summary>
internal static class BootChange
{
    /// <summary>What changed, e.g. <c>serialNumber 1 -> 2</c>; null when it is the same device. What one of them does not tell has not changed.</summary>
    public static string? Describe(BootData before, BootData now)
    {
        string[] changes =
        [
            .. Changed("vendor", before.Vendor, now.Vendor),
            .. Changed("model", before.Model, now.Model),
            .. Changed("serialNumber", before.SerialNumber, now.SerialNumber),
        ];
        return changes.Length == 0 ? null : string.Join(", ", changes);
    }

    private static IEnumerable<string> Changed(string what, string? before, string? now) =>
        string.IsNullOrWhiteSpace(before) || string.IsNullOrWhiteSpace(now) || string.Equals(before, now, StringComparison.Ordinal) ? [] : [$"{what} {before} -> {now}"];
}
