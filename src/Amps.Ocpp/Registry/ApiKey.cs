using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>What a key may do.</summary>
[Flags]
public enum KeyPermissions
{
    None = 0,

    /// <summary>Read chargers and actions.</summary>
    Read = 1,

    /// <summary>Push commands, write settings, cancel.</summary>
    Control = 2,

    /// <summary>The operator surface; such a key belongs to no customer.</summary>
    Operator = 4,
}

/// <summary>An API key as it is kept: never the key itself, only its SHA-256.</summary>
/// <param name="Id">Public id, <c>key_…</c>, shown in lists and used to revoke.</param>
/// <param name="CustomerId">Owner; null for an operator's key.</param>
/// <param name="Environment">Fixed at issue; also readable from the key's prefix.</param>
/// <param name="Permissions">What the key may do.</param>
/// <param name="Hash">SHA-256 of the key's UTF-8 text, 32 bytes. Keys are random (≥ 128 bit), so no slow hash is needed.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="ExpiresAt">UTC; null = never.</param>
/// <param name="RevokedAt">UTC; null = in force.</param>
public sealed record ApiKey(
    string Id,
    string? CustomerId,
    ApiEnvironment Environment,
    KeyPermissions Permissions,
    byte[] Hash,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt);
