using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>HAProxy with the shipped configuration before two nodes; only names, ports and paths are others.</summary>
public sealed class BalancerTests(DeploySecrets secrets) : IClassFixture<DeploySecrets>
{
    private const string Missing = "haproxy is not installed (package haproxy)";
    private static readonly string? s_program = DeploySecrets.Find("haproxy");
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    private string Shipped => File.ReadAllText(Path.Combine(DeploySecrets.Deploy, "haproxy/haproxy.cfg"))
        .Replace("/usr/local/etc/haproxy/edge.pem", secrets["edge.pem"], StringComparison.Ordinal);

    private string Write(string configuration)
    {
        string file = Path.Combine(Path.GetDirectoryName(secrets.Folder)!, "haproxy.cfg");
        File.WriteAllText(file, configuration);
        return file;
    }

    [Fact]
    public void HAProxy_understands_the_configuration()
    {
        Assert.SkipUnless(s_program is not null, Missing);
        (int code, string said) = DeploySecrets.Execute(s_program!, "-c", "-f", Write(Shipped));
        Assert.True(code == 0, said);
        // The nodes' names are known only beside them.
        Assert.DoesNotMatch(@"WARNING(?!.*could not resolve address)", said);
    }

    [Fact]
    public async Task Requests_are_spread_links_go_to_a_ready_node_and_what_is_for_inside_is_refused()
    {
        Assert.SkipUnless(s_program is not null, Missing);
        int[] tls = [ServiceHost.FreePort(), ServiceHost.FreePort()];
        await using ServiceHost one = await ServiceHost.StartAsync(["Amps:Mqtt:Mode=Off", "Amps:Ocpp:ProxyProtocol=true", "Amps:Node:Id=one", .. Secure(tls[0])]);
        await using ServiceHost two = await ServiceHost.StartAsync(["Amps:Mqtt:Mode=Off", "Amps:Ocpp:ProxyProtocol=true", "Amps:Node:Id=two", .. Secure(tls[1])]);
        foreach ((ServiceHost node, string name) in new[] { (one, "one"), (two, "two") })
        {
            using ApiClient _ = await node.CustomerAsync(name);
            await node.RegisterAsync("CP1", name, "dev1");
        }
        int[] ports = [ServiceHost.FreePort(), ServiceHost.FreePort(), ServiceHost.FreePort(), ServiceHost.FreePort()];
        using Process balancer = Process.Start(new ProcessStartInfo(s_program!, ["-db", "-f", Write(ForTwo((one, tls[0]), (two, tls[1]), ports))]) { UseShellExecute = false })!;
        try
        {
            using var http = new HttpClient(Trusting()) { BaseAddress = new Uri($"https://127.0.0.1:{ports[0]}") };
            http.DefaultRequestHeaders.Add("x-api-key", ServiceHost.OperatorKey);
            var seen = new HashSet<string>();
            await Wait.UntilAsync(async () =>
            {
                if (await AskAsync(http) is { } name)
                    seen.Add(name);
                return seen.Count == 2;
            }, "both nodes answer");
            Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);

            await using (TestChargePoint plain = await TestChargePoint.BootAsync(new Uri($"ws://127.0.0.1:{ports[1]}/ocpp/"), "CP1"))
                await plain.StatusAsync("Preparing");
            using (var secure = new ClientWebSocket())
            {
                secure.Options.AddSubProtocol("ocpp1.6");
                using var trusting = new HttpMessageInvoker(Trusting());
                await secure.ConnectAsync(new Uri($"wss://127.0.0.1:{ports[2]}/ocpp/CP1"), trusting, CancellationToken.None).WaitAsync(Wait.Limit);
                Assert.Equal("ocpp1.6", secure.SubProtocol);
            }

            await one.StopAsync();
            await Wait.UntilAsync(async () => await AskAsync(http) == "two" && await AskAsync(http) == "two", "only the other node is asked");
            await using TestChargePoint charger = await TestChargePoint.BootAsync(new Uri($"ws://127.0.0.1:{ports[1]}/ocpp/"), "CP1");
            await charger.StatusAsync("Preparing");
        }
        finally
        {
            balancer.Kill();
            await balancer.WaitForExitAsync();
        }
    }

    /// <summary>Which node answers: each has a customer of its name.</summary>
    private static async Task<string?> AskAsync(HttpClient http)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri("/operator/customers", UriKind.Relative));
            if (!answer.IsSuccessStatusCode)
                return null;
            string body = await answer.Content.ReadAsStringAsync();
            return body.Contains("\"one\"", StringComparison.Ordinal) ? "one" : "two";
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Trusts the authority of the deployment, and nothing else.</summary>
    private SocketsHttpHandler Trusting()
    {
        var authorities = new System.Security.Cryptography.X509Certificates.X509Certificate2Collection();
        authorities.ImportFromPemFile(secrets["ca.pem"]);
        var policy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } };
    }

    /// <summary>The endpoint with TLS, as the compose file sets it.</summary>
    private string[] Secure(int port) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:OcppTls:Url=https://127.0.0.1:{port}"),
        $"Kestrel:Endpoints:OcppTls:Certificate:Path={secrets["edge.pem"]}",
        $"Kestrel:Endpoints:OcppTls:Certificate:KeyPath={secrets["edge.pem"]}",
    ];

    private string ForTwo((ServiceHost Host, int SecurePort) one, (ServiceHost Host, int SecurePort) two, int[] ports)
    {
        string text = Shipped;
        foreach ((string name, (ServiceHost node, int securePort)) in new[] { ("node1", one), ("node2", two) })
        {
            text = text.Replace($"server {name} {name}:8080", string.Create(CultureInfo.InvariantCulture, $"server {name} 127.0.0.1:{node.Api.Port}"), StringComparison.Ordinal)
                .Replace($"server {name} {name}:9000", string.Create(CultureInfo.InvariantCulture, $"server {name} 127.0.0.1:{node.Ocpp.Port} port {node.Api.Port}"), StringComparison.Ordinal)
                .Replace($"server {name} {name}:9443", string.Create(CultureInfo.InvariantCulture, $"server {name} 127.0.0.1:{securePort} port {node.Api.Port}"), StringComparison.Ordinal);
        }
        text = Regex.Replace(text, @" +server node3 .*\n", "", RegexOptions.None, s_limit);
        text = Regex.Replace(text, @"maxconn \d+", "maxconn 200", RegexOptions.None, s_limit);
        string[] shipped = ["bind :8443", "bind :9000", "bind :9443", "bind :8404"];
        for (int i = 0; i < shipped.Length; i++)
            text = text.Replace(shipped[i], string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1:{ports[i]}"), StringComparison.Ordinal);
        return text.Replace("default-server port 8080", "default-server", StringComparison.Ordinal)
            .Replace("inter 2s", "inter 100ms", StringComparison.Ordinal)
            .Replace("/tmp/haproxy.sock", Path.Combine(Path.GetDirectoryName(secrets.Folder)!, "haproxy.sock"), StringComparison.Ordinal);
    }
}
