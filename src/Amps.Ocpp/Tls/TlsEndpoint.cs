using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Amps.Ocpp.Tls;

/// <summary>Why a connection got no further than its TLS handshake.</summary>
/// <param name="Address">Whose connection it was.</param>
/// <param name="TooOld">The client offers nothing newer than TLS 1.1.</param>
public readonly record struct TlsRefusal(string Address, bool TooOld);

/// <summary>Which certificate a client may, may not or must show.</summary>
public enum ClientCertificateDemand
{
    None,
    Allowed,
    Required,
}

/// <summary>
/// TLS on one endpoint: 1.2 and 1.3 with the suites of the security whitepaper, the certificate by the client's hello. A client's
/// own certificate is taken as it is; who it stands for is judged where the identity is known.
/// </summary>
public sealed class TlsEndpoint(ServerCertificates certificates, ClientCertificateDemand demand, Action<TlsRefusal> refused)
{
    private static readonly CipherSuitesPolicy? s_suites = Suites();
    private static readonly object s_key = new();

    private sealed class Attempt
    {
        public ClientHello Hello { get; set; }

        public bool Seen { get; set; }

        public bool Passed { get; set; }
    }

    /// <summary>Puts TLS before whatever the endpoint does next.</summary>
    public void Apply(ListenOptions endpoint, HttpsConnectionAdapterOptions https)
    {
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        // Client certificates are asked for below, where the callback knows its connection.
        https.ClientCertificateMode = ClientCertificateMode.NoCertificate;
        https.ServerCertificateSelector = (_, _) => null;
        https.TlsClientHelloBytesCallback = (connection, bytes) =>
        {
            if (connection.Items.TryGetValue(s_key, out object? known) && known is Attempt attempt)
            {
                attempt.Seen = true;
                attempt.Hello = ClientHello.Read(bytes);
            }
        };
        https.OnAuthenticate = Authenticate;
        endpoint.Use(next => async connection =>
        {
            var attempt = new Attempt();
            connection.Items[s_key] = attempt;
            await next(connection);
            if (!attempt.Passed)
                refused(new TlsRefusal(AddressOf(connection), attempt is { Seen: true, Hello.NewestVersion: > 0 and < ClientHello.Tls12 }));
        });
        endpoint.UseHttps(https);
        endpoint.Use(next => connection =>
        {
            if (connection.Items.Remove(s_key, out object? known) && known is Attempt attempt)
                attempt.Passed = true;
            return next(connection);
        });
    }

    private void Authenticate(ConnectionContext connection, SslServerAuthenticationOptions options)
    {
        ClientHello hello = connection.Items.TryGetValue(s_key, out object? known) && known is Attempt attempt ? attempt.Hello : default;
        options.ServerCertificateSelectionCallback = null;
        options.ServerCertificateContext = certificates.Choose(hello);
        options.CipherSuitesPolicy = s_suites;
        options.AllowRenegotiation = false;
        if (demand == ClientCertificateDemand.None)
            return;
        options.ClientCertificateRequired = true;
        // Nothing is fetched during a handshake.
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            if (certificate is null)
                return demand != ClientCertificateDemand.Required;
            connection.Features.Set(new PresentedChain(chain));
            return true;
        };
    }

    private static string AddressOf(ConnectionContext connection) => connection.RemoteEndPoint is System.Net.IPEndPoint { Address: var address } ? address.ToString() : "";

    private static CipherSuitesPolicy? Suites() => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()
        ? new CipherSuitesPolicy(
        [
            TlsCipherSuite.TLS_AES_128_GCM_SHA256,
            TlsCipherSuite.TLS_AES_256_GCM_SHA384,
            TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
            TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
            TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384,
        ])
        : null;
}
