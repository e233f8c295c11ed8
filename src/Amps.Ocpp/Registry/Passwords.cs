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

    /// <summary>
    /// A new password for a charge point: 20 random bytes as 40 hexadecimal digits, which is what 1.6 writes as AuthorizationKey
    /// and what 2.x allows as BasicAuthPassword.
    /// </summary>
    public static string Generate() => Convert.ToHexString(RandomNumberGenerator.GetBytes(20));

    /// <summary>
    /// The bytes that a password stands for: 32 to 40 hexadecimal digits are an AuthorizationKey, of which charge points present
    /// either the digits or the bytes; anything else stands for itself.
    /// </summary>
    public static ReadOnlySpan<byte> BytesOf(ReadOnlySpan<byte> password)
    {
        byte[] bytes = new byte[password.Length / 2];
        return password.Length is >= 32 and <= 40 && password.Length % 2 == 0
            && Convert.FromHexString(password, bytes, out _, out int written) == System.Buffers.OperationStatus.Done && written == bytes.Length
            ? bytes
            : password;
    }

    /// <summary>Hashes a password for keeping.</summary>
    public static PasswordHash Create(ReadOnlySpan<byte> password)
    {
        password = BytesOf(password);
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
        if (password.Length >= 16 && password.ContainsAnyInRange((byte)0x80, (byte)0xFF) && password.ToArray().Distinct().Count() >= 12)
            return true;
        bool lower = password.ContainsAnyInRange((byte)'a', (byte)'z');
        bool upper = password.ContainsAnyInRange((byte)'A', (byte)'Z');
        bool digit = password.ContainsAnyInRange((byte)'0', (byte)'9');
        return password.Length >= 20 && lower && upper && digit && password.ToArray().Distinct().Count() >= 12;
    }

    /// <summary>
    /// Which of a charge point's passwords this is, the one in force or one on its way to it; null = none. Compared as bytes,
    /// in either form of an AuthorizationKey (charger behaviour, section 2).
    /// </summary>
    public PasswordHash? Find(ReadOnlySpan<byte> password, ChargePointRecord record)
    {
        ReadOnlySpan<byte> bytes = BytesOf(password);
        if (Verify(bytes, record.Password))
            return record.Password;
        foreach (PasswordHash next in record.NextPasswords)
        {
            if (Verify(bytes, next))
                return next;
        }
        // What was kept before digits were read as bytes.
        return bytes != password && Verify(password, record.Password) ? record.Password : null;
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
