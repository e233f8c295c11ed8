using System.Collections.Frozen;
using System.Text;

namespace Amps.Ocpp.Dialects.Shapes;

/// <summary>An action of one version of OCPP.</summary>
/// <param name="Name">As in the message.</param>
/// <param name="FromChargePoint">A charge point may send it.</param>
/// <param name="FromCentralSystem">A central system may send it.</param>
/// <param name="Request">Shape of the call.</param>
/// <param name="Response">Shape of its answer.</param>
internal sealed record OcppAction(string Name, bool FromChargePoint, bool FromCentralSystem, MessageShape Request, MessageShape Response)
{
    /// <summary>Sent as SEND, without an answer (OCPP 2.1 part 4).</summary>
    public bool IsOneWay { get; init; }
}

/// <summary>The actions of one version of OCPP, by name.</summary>
internal sealed class ActionTable
{
    private const int LongestName = 64;

    private readonly FrozenDictionary<string, OcppAction> _byName;
    private readonly FrozenDictionary<string, OcppAction>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public ActionTable(IEnumerable<OcppAction> actions)
    {
        _byName = actions.ToFrozenDictionary(action => action.Name, StringComparer.Ordinal);
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public IReadOnlyCollection<OcppAction> All => _byName.Values;

    public OcppAction? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The shared string of an action's name; null = the version has no such action.</summary>
    public string? NameOf(ReadOnlySpan<byte> utf8Name)
    {
        if (utf8Name.Length > LongestName)
            return null;
        Span<char> name = stackalloc char[LongestName];
        return Encoding.UTF8.TryGetChars(utf8Name, name, out int length) && _bySpan.TryGetValue(name[..length], out OcppAction? action) ? action.Name : null;
    }
}
