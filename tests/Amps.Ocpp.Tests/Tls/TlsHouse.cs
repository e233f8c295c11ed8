using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Tls;

/// <summary>A service with a plain and a TLS endpoint for charge points, an elliptic and an RSA certificate on the latter.</summary>
public sealed class TlsHouse : IAsyncDisposable
{
    private readonly string _files = Directory.CreateTempSubdirectory("amps-tls-").FullName;

    public TestAuthority Authority { get; } = new();

    public ServiceHost Service { get; private set; } = null!;

    public int Port { get; } = ServiceHost.FreePort();

    public static async Task<TlsHouse> StartAsync(params string[] settings)
    {
        var house = new TlsHouse();
        (string ecdsa, string ecdsaKey) = house.Authority.WriteServer(house._files, "ecdsa");
        (string rsa, string rsaKey) = house.Authority.WriteServer(house._files, "rsa", rsa: true);
        house.Service = await ServiceHost.StartAsync(
        [
            "Amps:Mqtt:Mode=Off",
            "Amps:Logs:LinesPerSecond=0",
            $"Kestrel:Endpoints:OcppTls:Url=https://127.0.0.1:{house.Port}",
            $"Kestrel:Endpoints:OcppTls:Certificate:Path={ecdsa}",
            $"Kestrel:Endpoints:OcppTls:Certificate:KeyPath={ecdsaKey}",
            $"Kestrel:Endpoints:OcppTls:AlternativeCertificate:Path={rsa}",
            $"Kestrel:Endpoints:OcppTls:AlternativeCertificate:KeyPath={rsaKey}",
            $"Amps:Ocpp:ClientCertificates:CaFile={house.Authority.Write(house._files)}",
            .. settings,
        ]);
        await house.Service.CustomerAsync();
        return house;
    }

    /// <summary>Puts another server certificate in the place of the elliptic one.</summary>
    public void RenewCertificate(string commonName) => Authority.WriteServer(_files, "ecdsa", commonName: commonName);

    /// <summary>Only the certificate of another pair, as between two writes.</summary>
    public void BreakCertificate() => File.WriteAllText(Path.Combine(_files, "ecdsa.pem"), Authority.Certificate.ExportCertificatePem());

    public Task RegisterAsync(string id, object? more = null) => Service.RegisterAsync(id, "customer", more ?? new { }, "dev-" + id);

    /// <summary>TLS to the service as the options say; any server certificate of the house's authority is taken.</summary>
    public async Task<SslStream> ConnectAsync(Action<SslClientAuthenticationOptions>? adjust = null, string? local = null)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (local is not null)
            client.Bind(new IPEndPoint(IPAddress.Parse(local), 0));
        await client.ConnectAsync(IPAddress.Loopback, Port);
        var stream = new SslStream(new NetworkStream(client, ownsSocket: true));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        };
        options.CertificateChainPolicy.CustomTrustStore.Add(Authority.Certificate);
        adjust?.Invoke(options);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await stream.AuthenticateAsClientAsync(options, limit.Token);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>A handshake of a charge point over TLS; the status of the answer.</summary>
    public async Task<int> KnockAsync(string id, X509Certificate2? certificate = null, string? password = null, string? local = null)
    {
        await using SslStream stream = await ConnectAsync(
            options =>
            {
                if (certificate is not null)
                    options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
            },
            local);
        return await KnockAsync(stream, id, password);
    }

    /// <summary>A handshake of a charge point without TLS.</summary>
    public async Task<int> KnockPlainAsync(string id, string? password = null, string? local = null)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (local is not null)
            client.Bind(new IPEndPoint(IPAddress.Parse(local), 0));
        await client.ConnectAsync(IPAddress.Loopback, Service.Ocpp.Port);
        return await KnockAsync(new NetworkStream(client), id, password);
    }

    public static async Task<int> KnockAsync(Stream stream, string id, string? password = null, byte[]? secret = null)
    {
        var request = new StringBuilder($"GET /ocpp/{Uri.EscapeDataString(id)} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
            .Append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n");
        if (password is not null)
            secret = Encoding.UTF8.GetBytes(password);
        if (secret is not null)
            request.Append($"Authorization: Basic {Convert.ToBase64String([.. Encoding.UTF8.GetBytes(id + ":"), .. secret])}\r\n");
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request.Append("\r\n").ToString()));
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        int length = 0;
        while (length < 12)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), limit.Token);
            if (read == 0)
                return 0;
            length += read;
        }
        return int.Parse(Encoding.Latin1.GetString(buffer, 9, 3));
    }

    /// <summary>Waits for a line of the log.</summary>
    public Task LoggedAsync(params string[] parts) => Wait.UntilAsync(() => Service.Lines.Any(line => parts.All(part => line.Contains(part, StringComparison.Ordinal))), string.Join(' ', parts));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(_files, recursive: true);
    }
}
