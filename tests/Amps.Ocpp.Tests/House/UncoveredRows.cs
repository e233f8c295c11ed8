namespace Amps.Ocpp.Tests.House;

/// <summary>Rows of the faults that no test proves, each with its reason.</summary>
internal static class UncoveredRows
{
    private const string NotOffered = "the canonical API has no such thing";
    private const string Bench = "a matter of minutes or hours and of a quiet machine: measured by `bench/`, not tested";

    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>
    {
        ["A10"] = NotOffered,
        ["A15"] = NotOffered,
        ["A17"] = "the list shows such devices as `unavailable` from `fallback`, as the canonical API has it (section 4)",
        ["C14"] = NotOffered,
        ["D2"] = "needs a file system that drops unsynced writes; `synchronous=FULL` and the copies taken at any moment (D1) stand for it",
        ["D15"] = "the limit of descriptors belongs to the unit that starts the service",
        ["D16"] = "the limit of memory belongs to the container; what grows is bounded here by counts and bytes (X5, X7, N12)",
        ["D17"] = "no blocking call is to be injected into the service from outside",
        ["X1"] = Bench,
        ["X2"] = Bench,
        ["X3"] = Bench,
        ["X8"] = Bench + "; that what is old is deleted is tested (RetentionTests)",
        ["X10"] = "times are kept in UTC; changes of summer time are tested with the schedules",
    };
}
