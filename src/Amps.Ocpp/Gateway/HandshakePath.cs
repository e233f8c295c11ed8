using Amps.Ocpp.Model;

namespace Amps.Ocpp.Gateway;

/// <summary>What the request target of a handshake says.</summary>
public enum PathVerdict
{
    Ok,

    /// <summary>Not <c>/ocpp/{id}</c>.</summary>
    NotFound,

    /// <summary>The identity has a character, an escape or a length that no identity has.</summary>
    InvalidIdentity,
}

/// <summary>
/// Reads the identity from the raw request target, decoding it once and here only: the route value of the framework would let
/// two identities on the wire become one (faults, rows H3–H9). The first segment is matched without regard to case, doubled
/// and trailing slashes are tolerated, the query is ignored.
/// </summary>
public static class HandshakePath
{
    public static PathVerdict Read(ReadOnlySpan<char> rawTarget, out ChargePointId id)
    {
        id = default;
        int query = rawTarget.IndexOf('?');
        ReadOnlySpan<char> path = query < 0 ? rawTarget : rawTarget[..query];
        ReadOnlySpan<char> identity = default;
        int segments = 0;
        foreach (Range range in path.Split('/'))
        {
            ReadOnlySpan<char> segment = path[range];
            if (segment.IsEmpty)
                continue;
            segments++;
            if (segments == 1 && !segment.Equals("ocpp", StringComparison.OrdinalIgnoreCase))
                return PathVerdict.NotFound;
            identity = segment;
        }
        if (segments != 2)
            return PathVerdict.NotFound;
        return ChargePointId.TryDecode(identity, out id) ? PathVerdict.Ok : PathVerdict.InvalidIdentity;
    }
}
