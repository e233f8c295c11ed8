using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// Takes the charge point's address from the load balancer, so that limits by address do not meet everybody behind it. Whoever
/// comes from another machine must bring the header; the service's own simulated charge points do without.
/// </summary>
internal static class ProxyProtocol
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static ConnectionDelegate Wrap(ConnectionDelegate next) => async connection =>
    {
        bool welcome;
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed))
        {
            limit.CancelAfter(s_limit);
            try
            {
                welcome = await TakeAsync(connection, limit.Token);
            }
            catch (OperationCanceledException)
            {
                welcome = false;
            }
        }
        if (welcome)
            await next(connection);
        else
            connection.Abort(new ConnectionAbortedException("No PROXY header came."));
    };

    private static async Task<bool> TakeAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        PipeReader input = connection.Transport.Input;
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ProxyHeaderKind kind = ProxyHeader.Read(read.Buffer, out IPEndPoint? source, out SequencePosition end);
            if (kind == ProxyHeaderKind.Incomplete && !read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            input.AdvanceTo(end);
            connection.RemoteEndPoint = source ?? connection.RemoteEndPoint;
            return kind == ProxyHeaderKind.Complete
                || (kind == ProxyHeaderKind.None && connection.RemoteEndPoint is IPEndPoint own && IPAddress.IsLoopback(own.Address));
        }
    }
}
