namespace Amps.Ocpp.Registry;

/// <summary>Authorization status of an id token (OCPP 1.6 section 7.2).</summary>
public enum IdTokenStatus
{
    Accepted,
    Blocked,
    Expired,
    Invalid,
}

/// <summary>An id token known to the operator.</summary>
/// <param name="Token">≤ 36 characters, compared without regard to case.</param>
/// <param name="Status">What its authorization answers.</param>
/// <param name="ExpiresAt">UTC; from then on it counts as expired.</param>
/// <param name="ParentId">Parent or group token, if any.</param>
public sealed record IdToken(string Token, IdTokenStatus Status, DateTimeOffset? ExpiresAt, string? ParentId);
