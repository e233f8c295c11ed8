namespace Amps.Ocpp.Bench.Measuring;

/// <summary>How long and how wide to measure.</summary>
/// <param name="Rounds">Rounds of A then B; the median counts.</param>
/// <param name="Length">Length of one turn.</param>
/// <param name="WarmUp">Full load on each server before the first round: a JIT needs it.</param>
/// <param name="Connections">Connections of the closed loop.</param>
internal sealed record BenchOptions(int Rounds, TimeSpan Length, TimeSpan WarmUp, int Connections);
