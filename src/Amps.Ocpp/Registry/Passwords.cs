using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Amps.Ocpp.Registry;

/// <summary>
/// Charge point passwords: hashed at rest, compared as bytes in constant time. Passwords set over REST may have been chosen
/// by a person, so they get a slow hash; after a first success a fast verifier in memory keeps a reconnect storm from
/// becoming a hash storm (faults, "Password").
/// </summary>
public sealed class Passwords
{
    private const int Iterations = 100_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private static readonly byte[] VerifierKey = RandomNumberGenerator.GetBytes(32);
    private static readonly PasswordHash Dummy = Create([1, 2, 3]);
    private readonly ConcurrentDictionary<PasswordHash, byte[]> _verified = new(ReferenceEqualityComparer.Instance);

    /// <summary>Hashes a password for keeping.</summary>
    public static PasswordHash Create(ReadOnlySpan<byte> password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return LooksGenerated(password)
            ? new PasswordHash("sha256", salt, Salted(password, salt))
            : new PasswordHash("pbkdf2", salt, Slow(password, salt));
    }

    /// <summary>
    /// Long and mixed as only a generator makes them: guessing is hopeless whatever the hash, and a fast one lets thousands
    /// reconnect at once.
    /// </summary>
    private static bool LooksGenerated(ReadOnlySpan<byte> password)
    {
        bool lower = password.ContainsAnyInRange((byte)'a', (byte)'z');
        bool upper = password.ContainsAnyInRange((byte)'A', (byte)'Z');
        bool digit = password.ContainsAnyInRange((byte)'0', (byte)'9');
        return password.Length >= 20 && lower && upper && digit && password.ToArray().Distinct().Count() >= 12;
    }

    /// <summary>
    /// Whether the password is the one kept. Without a kept one the same work is done for nothing, so that the time tells
    /// nobody whether an identity exists (faults S2).
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> password, PasswordHash? kept)
    {
        Span<byte> fast = stackalloc byte[HashBytes];
        HMACSHA256.HashData(VerifierKey, password, fast);
        if (kept is not null && _verified.TryGetValue(kept, out byte[]? known) && CryptographicOperations.FixedTimeEquals(known, fast))
            return true;
        PasswordHash against = kept ?? Dummy;
        byte[] hash = against.Scheme == "sha256" ? Salted(password, against.Salt) : Slow(password, against.Salt);
        if (!CryptographicOperations.FixedTimeEquals(hash, against.Hash) || kept is null)
            return false;
        _verified[kept] = fast.ToArray();
        return true;
    }

    private static byte[] Slow(ReadOnlySpan<byte> password, byte[] salt) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, HashBytes);

    private static byte[] Salted(ReadOnlySpan<byte> password, byte[] salt)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(password);
        return hash.GetHashAndReset();
    }
}
