using System.Collections.Frozen;
using System.Text;
using Amps.Ocpp.Dialects.Shapes;

namespace Amps.Ocpp.Dialects.Ocpp16;

/// <summary>An action of OCPP 1.6.</summary>
/// <param name="Name">As in the message.</param>
/// <param name="FromChargePoint">A charge point may send it.</param>
/// <param name="FromCentralSystem">A central system may send it.</param>
/// <param name="Request">Shape of the call.</param>
/// <param name="Response">Shape of its answer.</param>
internal sealed record Ocpp16Action(string Name, bool FromChargePoint, bool FromCentralSystem, MessageShape Request, MessageShape Response);

/// <summary>All actions of OCPP 1.6 and its security extension, by name.</summary>
internal static class Ocpp16Actions
{
    private const int LongestName = 64;

    private static readonly FrozenDictionary<string, Ocpp16Action> s_byName = new[]
    {
        CoreMessages.All, FirmwareManagementMessages.All, LocalAuthListMessages.All, ReservationMessages.All,
        SmartChargingMessages.All, RemoteTriggerMessages.All, SecurityMessages.All,
    }.SelectMany(actions => actions).ToFrozenDictionary(action => action.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Ocpp16Action>.AlternateLookup<ReadOnlySpan<char>> s_bySpan = s_byName.GetAlternateLookup<ReadOnlySpan<char>>();

    public static IReadOnlyCollection<Ocpp16Action> All => s_byName.Values;

    public static Ocpp16Action? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The shared string of an action's name; null = 1.6 has no such action.</summary>
    public static string? NameOf(ReadOnlySpan<byte> utf8Name)
    {
        if (utf8Name.Length > LongestName)
            return null;
        Span<char> name = stackalloc char[LongestName];
        return Encoding.UTF8.TryGetChars(utf8Name, name, out int length) && s_bySpan.TryGetValue(name[..length], out Ocpp16Action? action) ? action.Name : null;
    }
}
