using System.Collections.Concurrent;

namespace Amps.Ocpp.Registry;

/// <summary>Who may charge by a local token (charger behaviour, section 4).</summary>
public enum IdTokenPolicy
{
    /// <summary>Every token that is not listed otherwise.</summary>
    AcceptAll,

    /// <summary>Only listed tokens.</summary>
    KnownOnly,
}

/// <summary>The operator's id-token list and the policy for the rest.</summary>
public sealed class IdTokenList(IRegistryStore store, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, IdToken> _tokens = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What becomes of a token that is not listed.</summary>
    public IdTokenPolicy Policy { get; init; }

    /// <summary>Fills the list; once, at start.</summary>
    public void Load(IReadOnlyList<IdToken> tokens)
    {
        foreach (IdToken token in tokens)
            _tokens[token.Token] = token;
    }

    public async Task SaveAsync(IdToken token, CancellationToken cancellationToken)
    {
        await store.SaveIdTokenAsync(token, cancellationToken);
        _tokens[token.Token] = token;
    }

    /// <summary>The status of a presented token and its parent, if it has one.</summary>
    public (IdTokenStatus Status, string? ParentId) Judge(string presented)
    {
        if (!_tokens.TryGetValue(presented, out IdToken? token))
            return (Policy == IdTokenPolicy.AcceptAll ? IdTokenStatus.Accepted : IdTokenStatus.Invalid, null);
        bool expired = token.ExpiresAt is { } end && end <= time.GetUtcNow();
        return (expired && token.Status == IdTokenStatus.Accepted ? IdTokenStatus.Expired : token.Status, token.ParentId);
    }
}
