using System.Net;
using System.Net.Sockets;

namespace Amps.Ocpp.Webhooks.Sending;

/// <summary>A connection that could not be made, with one of <see cref="AttemptErrors"/>.</summary>
internal sealed class ConnectionRefusedException(string reason, Exception? cause = null) : IOException(reason, cause)
{
    public string Reason { get; } = reason;
}

/// <summary>
/// Opens connections only to addresses the policy allows. The name is resolved here and the very address that was judged is
/// connected to, so that a name that answers differently the second time gains nothing (DNS rebinding, faults N7).
/// </summary>
internal sealed class GuardedConnector(UrlPolicy policy)
{
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await policy.ResolveAsync(host.Host, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new ConnectionRefusedException(AttemptErrors.NameNotResolved, e);
        }
        if (addresses.Length == 0)
            throw new ConnectionRefusedException(AttemptErrors.NameNotResolved);
        if (!Array.TrueForAll(addresses, policy.IsAllowed))
            throw new ConnectionRefusedException(AttemptErrors.Blocked);
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, host.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        throw new ConnectionRefusedException(AttemptErrors.ConnectionFailed, last);
    }
}
