namespace Amps.Ocpp.Tests.House;

/// <summary>Rows of the faults that no test proves, each with its reason.</summary>
internal static class UncoveredRows
{
    private const string NotYet = "no test yet";
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
        ["D16"] = "the limit of memory belongs to the container; what grows is bounded here by counts and bytes",
        ["D17"] = "no blocking call is to be injected into the service from outside",
        ["P9"] = NotYet,
        ["P26"] = NotYet,
        ["P27"] = NotYet,
        ["X1"] = Bench,
        ["X2"] = Bench,
        ["X3"] = Bench,
        ["X4"] = "a link reads one message at a time and answers it before the next; no other limit of rate yet",
        ["X5"] = "the bounds are those of W11 and of one frame per link; the sum is not measured",
        ["X7"] = "the console logger drops lines when nobody reads (D19); no sampling by kind",
        ["X8"] = Bench,
        ["X9"] = "the grace after an own pause is tested at the link (LivenessTests)",
        ["X10"] = "times are kept in UTC; changes of summer time are tested with the schedules",
        ["X11"] = "forwarded headers are not read at all: the address is that of the connection",
        ["X12"] = "names are resolved asynchronously with time-outs (N1, M1)",
    };
}
