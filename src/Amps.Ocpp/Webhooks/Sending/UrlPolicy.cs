using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Amps.Ocpp.Webhooks.Sending;

/// <summary>
/// Where webhooks may be sent (faults N7, N8): https, no user information, no port of another protocol, no address that is not
/// public; the options lift the first and the last. Asked when an endpoint is registered and again at every attempt.
/// </summary>
public sealed class UrlPolicy(WebhooksOptions options, IHostResolver resolver)
{
    private const int MaxLength = 2048;
    private static readonly TimeSpan ResolveLimit = TimeSpan.FromSeconds(5);

    // Ports that browsers refuse to speak HTTP to (WHATWG Fetch, "bad port"), and those of databases and brokers.
    private static readonly FrozenSet<int> s_otherProtocols = new[]
    {
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113,
        115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
        563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
        6668, 6669, 6679, 6697, 10080,
        1433, 1521, 1883, 2375, 2376, 2379, 3306, 3389, 5432, 5672, 5900, 6379, 8883, 9042, 11211, 27017,
    }.ToFrozenSet();

    private static readonly SearchValues<char> s_neverInUrls = SearchValues.Create([.. Enumerable.Range(0, ' ' + 1).Select(code => (char)code), '\\', '\u007f']);

    /// <summary>What is wrong with the text of a URL; null = nothing.</summary>
    public string? CheckText(string text)
    {
        if (text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || text.AsSpan().ContainsAny(s_neverInUrls))
            return $"An absolute URL of at most {MaxLength} characters.";
        if (url.Scheme != Uri.UriSchemeHttps && !(options.AllowInsecure && url.Scheme == Uri.UriSchemeHttp))
            return options.AllowInsecure ? "Only http and https are allowed." : "Only https is allowed.";
        if (url.Host.Length == 0 || AuthorityOf(text).Contains('@'))
            return "A URL with a host and without user information.";
        // Signs that a resolver may take for others, e.g. full-width digits.
        if (!Ascii.IsValid(url.Host))
            return "The host must be written in ASCII (Punycode).";
        if (s_otherProtocols.Contains(url.Port) || url.Port == 0)
            return $"Port {url.Port} is not allowed.";
        if (!options.AllowPrivateNetworks && IsLocalName(url.IdnHost))
            return "Loopback, private and other addresses that are not public are not allowed.";
        return null;
    }

    /// <summary>As <see cref="CheckText"/>, and what the host resolves to now. A name that does not resolve yet passes: the attempts look again.</summary>
    public async Task<string?> CheckAsync(string text, CancellationToken cancellationToken)
    {
        if (CheckText(text) is { } wrong)
            return wrong;
        if (options.AllowPrivateNetworks)
            return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ResolveLimit);
        try
        {
            IPAddress[] addresses = await ResolveAsync(new Uri(text).IdnHost, limit.Token);
            return Array.TrueForAll(addresses, IsAllowed) ? null : "Loopback, private and other addresses that are not public are not allowed.";
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public bool IsAllowed(IPAddress address) => options.AllowPrivateNetworks || PublicAddresses.Contains(address);

    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) ? [address] : await resolver.ResolveAsync(host, cancellationToken);

    /// <summary>As it is written: the parser drops user information that is empty.</summary>
    private static ReadOnlySpan<char> AuthorityOf(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan(text.IndexOf("//", StringComparison.Ordinal) + 2);
        int end = rest.IndexOfAny('/', '?', '#');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Names that mean this machine whatever a resolver says (RFC 6761 section 6.3).</summary>
    private static bool IsLocalName(string host)
    {
        ReadOnlySpan<char> name = host.AsSpan().TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }
}
