using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// Drops connections that send nothing. The framework counts the time up to the first request as time between requests, over
/// two minutes; whoever opens connections for nothing would hold them so long (faults H20).
/// </summary>
internal static class FirstByteLimit
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static ConnectionDelegate Wrap(ConnectionDelegate next) => async connection =>
    {
        if (await IsSpokenOnAsync(connection))
            await next(connection);
    };

    /// <summary>Apart from the connection's life, so that nothing of the wait is kept as long.</summary>
    private static async ValueTask<bool> IsSpokenOnAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            ReadResult first = await input.ReadAsync(limit.Token);
            // Looked at, not taken: whoever comes next reads it again at once.
            input.AdvanceTo(first.Buffer.Start);
            return true;
        }
        catch (OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("Nothing was sent."));
            return false;
        }
        catch (IOException)
        {
            // It is gone already.
            return false;
        }
    }
}
