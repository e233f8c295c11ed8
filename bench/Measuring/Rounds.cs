using Amps.Ocpp.Bench.Load;
using Amps.Ocpp.Bench.Servers;

namespace Amps.Ocpp.Bench.Measuring;

/// <summary>A server under its load.</summary>
internal sealed record Contender(ChildServer Server, ILoad Load);

/// <summary>What one turn showed.</summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="CpuMicroseconds">Processor time of the server an answer, µs.</param>
/// <param name="AllocatedBytes">Managed bytes the server allocated an answer.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct Turn(double PerSecond, double CpuMicroseconds, double AllocatedBytes);

/// <summary>Two servers in turns, A B A B, so that what else the machine does meets both alike.</summary>
internal sealed class Rounds
{
    private readonly List<Turn> _ours = [];
    private readonly List<Turn> _reference = [];

    public IReadOnlyList<Turn> Ours => _ours;

    public IReadOnlyList<Turn> Reference => _reference;

    public static async Task<Rounds> RunAsync(Contender ours, Contender reference, BenchOptions options)
    {
        var rounds = new Rounds();
        await ours.Load.RunAsync(options.WarmUp);
        await reference.Load.RunAsync(options.WarmUp);
        for (int i = 0; i < options.Rounds; i++)
        {
            rounds._ours.Add(await TurnAsync(ours, options.Length));
            rounds._reference.Add(await TurnAsync(reference, options.Length));
        }
        return rounds;
    }

    public void Report(ResultTable table, string what, string rateGoal = "–", string cpuGoal = "–", string allocationGoal = "–")
    {
        Row($"{what}: answers/s", turn => turn.PerSecond, rateGoal);
        Row($"{what}: server CPU, µs/answer", turn => turn.CpuMicroseconds, cpuGoal);
        table.AddApart($"{what}: allocated, B/answer", new Series(_ours.Select(turn => turn.AllocatedBytes)), new Series(_reference.Select(turn => turn.AllocatedBytes)), allocationGoal);

        void Row(string name, Func<Turn, double> pick, string goal) => table.Add(
            name,
            new Series(_ours.Select(pick)),
            new Series(_reference.Select(pick)),
            Series.Ratio(_ours.Select(pick), _reference.Select(pick)),
            goal);
    }

    private static async Task<Turn> TurnAsync(Contender contender, TimeSpan length)
    {
        (double cpu, double allocated) = await contender.Server.FiguresAsync();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        long answers = await contender.Load.RunAsync(length);
        double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        (double cpuAfter, double allocatedAfter) = await contender.Server.FiguresAsync();
        return new Turn(answers / seconds, (cpuAfter - cpu) / answers, (allocatedAfter - allocated) / answers);
    }
}
