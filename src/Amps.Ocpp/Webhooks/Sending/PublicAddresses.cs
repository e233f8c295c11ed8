using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Webhooks.Sending;

/// <summary>Which addresses belong to the public internet (IANA special-purpose address registries, RFC 6890).</summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] s_special4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    private static readonly IPNetwork s_global6 = IPNetwork.Parse("2000::/3");

    // Among them the tunnels that carry an IPv4 address inside, which may be a private one.
    private static readonly IPNetwork[] s_special6 = Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Array.Exists(s_special4, network => network.Contains(address)),
            AddressFamily.InterNetworkV6 => s_global6.Contains(address) && !Array.Exists(s_special6, network => network.Contains(address)),
            _ => false,
        };
    }

    private static IPNetwork[] Parse(params ReadOnlySpan<string> networks)
    {
        var parsed = new IPNetwork[networks.Length];
        for (int i = 0; i < networks.Length; i++)
            parsed[i] = IPNetwork.Parse(networks[i]);
        return parsed;
    }
}
