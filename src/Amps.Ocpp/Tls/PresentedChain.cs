using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tls;

/// <summary>The intermediate certificates that a client showed beside its own; a feature of its connection until they were judged.</summary>
public sealed class PresentedChain
{
    private X509Certificate2Collection? _intermediates;

    internal PresentedChain(X509Chain? chain) => _intermediates = chain is null ? [] : [.. chain.ChainPolicy.ExtraStore];

    /// <summary>Hands them out once: a link of many days must not keep them.</summary>
    public X509Certificate2Collection Take() => Interlocked.Exchange(ref _intermediates, null) ?? [];
}
