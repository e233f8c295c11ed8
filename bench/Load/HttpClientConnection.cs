using System.Globalization;
using System.Text;

namespace Amps.Ocpp.Bench.Load;

/// <summary>HTTP/1.1 over one kept connection: requests are bytes made before, answers are only measured out.</summary>
internal sealed class HttpClientConnection() : ByteStream(capacity: 16 * 1024)
{
    public static async Task<HttpClientConnection> ConnectAsync(int port, int number)
    {
        var connection = new HttpClientConnection();
        await connection.OpenAsync(port, number);
        return connection;
    }

    public static byte[] Request(string method, string path, string key, string? body = null)
    {
        string content = body is null ? "" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        return Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: {key}\r\n{content}\r\n{body}");
    }

    /// <summary>Sends a request and returns the status of its answer, once all of it is here.</summary>
    public async ValueTask<int> SendRequestAsync(ReadOnlyMemory<byte> request) => (await ExchangeAsync(request, keepBody: false)).Status;

    /// <summary>Sends a request and returns status and body of its answer.</summary>
    public ValueTask<(int Status, string Body)> ReadAsync(ReadOnlyMemory<byte> request) => ExchangeAsync(request, keepBody: true);

    private async ValueTask<(int Status, string Body)> ExchangeAsync(ReadOnlyMemory<byte> request, bool keepBody)
    {
        await SendAsync(request);
        int head;
        while ((head = Received.IndexOf("\r\n\r\n"u8)) < 0)
            await MoreAsync();
        int status = int.Parse(Received[9..12], CultureInfo.InvariantCulture);
        int end;
        while ((end = End(Received, head + 4)) < 0)
            await MoreAsync();
        string body = keepBody ? Encoding.UTF8.GetString(Received[(head + 4)..end]) : "";
        Use(end);
        return (status, body);
    }

    /// <summary>Where the answer ends, or -1 when not all of it is here.</summary>
    private static int End(ReadOnlySpan<byte> received, int body)
    {
        ReadOnlySpan<byte> headers = received[..body];
        int at = headers.IndexOf("Content-Length: "u8);
        if (at < 0)
        {
            int last = received[body..].IndexOf("0\r\n\r\n"u8);
            return last < 0 ? -1 : body + last + 5;
        }
        ReadOnlySpan<byte> rest = headers[(at + "Content-Length: ".Length)..];
        int length = int.Parse(rest[..rest.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        return received.Length >= body + length ? body + length : -1;
    }
}
