using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Amps.Ocpp.Tests.Support;

/// <summary>A handshake as bytes, so that nothing on our side tidies up the target.</summary>
internal static class RawHandshake
{
    public const string Upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    /// <summary>Status line and headers of the answer; empty when the connection ended without one.</summary>
    public static async Task<string> KnockAsync(
        int port, string target, string headers = "", bool upgrade = true, string protocols = "ocpp1.6", string? local = null, string host = "localhost")
    {
        using TcpClient client = await ConnectAsync(port, local);
        var request = new StringBuilder($"GET {target} HTTP/1.1\r\nHost: {host}\r\n");
        if (upgrade)
            request.Append(Upgrade);
        if (upgrade && protocols.Length > 0)
            request.Append($"Sec-WebSocket-Protocol: {protocols}\r\n");
        request.Append(headers).Append("\r\n");
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request.ToString()));
        return await AnswerAsync(client);
    }

    /// <summary>Opens a connection and sends nothing yet.</summary>
    public static async Task<TcpClient> ConnectAsync(int port, string? local = null)
    {
        var client = new TcpClient(AddressFamily.InterNetwork) { NoDelay = true };
        if (local is not null)
            client.Client.Bind(new IPEndPoint(IPAddress.Parse(local), 0));
        await client.ConnectAsync(IPAddress.Loopback, port);
        return client;
    }

    /// <summary>Reads up to the end of the headers or of the connection.</summary>
    public static async Task<string> AnswerAsync(TcpClient client)
    {
        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        using var limit = new CancellationTokenSource(Wait.Limit);
        try
        {
            while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
            {
                int read = await client.GetStream().ReadAsync(buffer, limit.Token);
                if (read == 0)
                    break;
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Reset by the service: no answer.
        }
        return answer.ToString();
    }

    public static int Status(string answer) => answer.Length == 0 ? 0 : int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
