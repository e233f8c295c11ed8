using System.Runtime.InteropServices;

namespace Amps.Ocpp.Actions;

/// <summary>When a push takes effect; UTC.</summary>
/// <param name="Start">Null = at once.</param>
/// <param name="End">End of the window; null = it holds.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PushTimes(DateTimeOffset? Start, DateTimeOffset? End);
