using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Registry;

/// <summary>What became of a presented key.</summary>
public enum KeyVerdict
{
    Valid,

    /// <summary>Unknown, malformed or revoked.</summary>
    Invalid,
    Expired,
    LiveAccessDisabled,
}

/// <summary>
/// Customers and API keys. A key is looked up by its SHA-256, so no comparison of secrets takes place and the time
/// does not depend on the key (canonical API, section 1).
/// </summary>
public sealed class KeyRing(IRegistryStore store, TimeProvider time)
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int MaxKeyLength = 256;

    private readonly ConcurrentDictionary<KeyHash, ApiKey> _byHash = new();
    private readonly ConcurrentDictionary<string, ApiKey> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Customer> _customers = new(StringComparer.Ordinal);

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct KeyHash(UInt128 High, UInt128 Low)
    {
        public static KeyHash From(ReadOnlySpan<byte> hash) => new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    /// <summary>Fills the ring; once, at start.</summary>
    public void Load(IReadOnlyList<Customer> customers, IReadOnlyList<ApiKey> keys)
    {
        foreach (Customer customer in customers)
            _customers[customer.Id] = customer;
        foreach (ApiKey key in keys)
            Remember(key);
    }

    public IReadOnlyList<Customer> Customers => [.. _customers.Values.OrderBy(customer => customer.Id, StringComparer.Ordinal)];

    public IReadOnlyList<ApiKey> Keys => [.. _byId.Values.OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    public Customer? FindCustomer(string id) => _customers.GetValueOrDefault(id);

    /// <summary>Creates a customer or changes its live access.</summary>
    public async Task<Customer> SaveCustomerAsync(string id, bool liveEnabled, CancellationToken cancellationToken)
    {
        Customer customer = _customers.TryGetValue(id, out Customer? known)
            ? known with { LiveEnabled = liveEnabled }
            : new Customer(id, liveEnabled, time.GetUtcNow());
        await store.SaveCustomerAsync(customer, cancellationToken);
        _customers[id] = customer;
        return customer;
    }

    /// <summary>Issues a key; the text is returned this once and kept nowhere.</summary>
    public async Task<(ApiKey Key, string Text)> IssueAsync(
        string? customerId, ApiEnvironment environment, KeyPermissions permissions, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        string prefix = environment == ApiEnvironment.Sandbox ? "amps_sk_test_" : "amps_sk_live_";
        string text = prefix + RandomNumberGenerator.GetString(Base62, 40);
        return (await AddAsync(text, customerId, environment, permissions, expiresAt, cancellationToken), text);
    }

    /// <summary>Makes sure that a key whose text the operator chose exists.</summary>
    public async Task EnsureOperatorKeyAsync(string text, CancellationToken cancellationToken)
    {
        byte[] hash = Hash(text);
        if (!_byHash.TryGetValue(KeyHash.From(hash), out ApiKey? known))
        {
            // Nodes that start together make the same one.
            string id = "key_" + Convert.ToHexStringLower(SHA256.HashData(hash))[..16];
            known = new ApiKey(id, null, ApiEnvironment.Live, KeyPermissions.Operator, hash, time.GetUtcNow(), null, null);
        }
        else if (known.RevokedAt is null)
        {
            return;
        }
        known = known with { RevokedAt = null };
        await store.SaveKeyAsync(known, cancellationToken);
        Remember(known);
    }

    /// <summary>Revokes a key at once; false when there is none of this id.</summary>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (!_byId.TryGetValue(id, out ApiKey? key))
            return false;
        if (key.RevokedAt is not null)
            return true;
        ApiKey revoked = key with { RevokedAt = time.GetUtcNow() };
        await store.SaveKeyAsync(revoked, cancellationToken);
        Remember(revoked);
        return true;
    }

    /// <summary>Judges a presented key.</summary>
    public KeyVerdict Verify(string presented, out ApiKey? key)
    {
        key = null;
        if (presented.Length is 0 or > MaxKeyLength)
            return KeyVerdict.Invalid;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = stackalloc byte[MaxKeyLength * 3];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(presented, text)], hash);
        if (!_byHash.TryGetValue(KeyHash.From(hash), out ApiKey? known) || known.RevokedAt is not null)
            return KeyVerdict.Invalid;
        if (known.ExpiresAt is { } end && end <= time.GetUtcNow())
            return KeyVerdict.Expired;
        if (known is { CustomerId: { } customer, Environment: ApiEnvironment.Live } && FindCustomer(customer) is not { LiveEnabled: true })
            return KeyVerdict.LiveAccessDisabled;
        key = known;
        return KeyVerdict.Valid;
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private async Task<ApiKey> AddAsync(
        string text, string? customerId, ApiEnvironment environment, KeyPermissions permissions, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var key = new ApiKey(
            "key_" + RandomNumberGenerator.GetString(Base62, 16), customerId, environment, permissions,
            Hash(text), time.GetUtcNow(), expiresAt, null);
        await store.SaveKeyAsync(key, cancellationToken);
        Remember(key);
        return key;
    }

    private void Remember(ApiKey key)
    {
        _byId[key.Id] = key;
        _byHash[KeyHash.From(key.Hash)] = key;
    }
}
