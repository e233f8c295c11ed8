using System.Globalization;
using System.Text.RegularExpressions;
using Amps.Ocpp.Hosting;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;
using Microsoft.Extensions.Configuration;

namespace Amps.Ocpp.Tests.Deploy;

/// <summary>The files of deploy/ fit each other and the service.</summary>
public sealed partial class DeployFilesTests(DeploySecrets secrets) : IClassFixture<DeploySecrets>
{
    private static readonly ComposeFile s_compose = new();

    private static string Text(string file) => File.ReadAllText(Path.Combine(DeploySecrets.Deploy, file));

    private static AmpsSettings Read(IEnumerable<KeyValuePair<string, string>> environment) => AmpsSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(environment.Select(entry => KeyValuePair.Create<string, string?>(entry.Key.Replace("__", ":", StringComparison.Ordinal), entry.Value)))
        .Build());

    [GeneratedRegex(@"\bAmps(?:__|:)[A-Za-z]+(?:(?:__|:)[A-Za-z]+)*", RegexOptions.ExplicitCapture)]
    private static partial Regex Setting { get; }

    [Fact]
    public void Every_setting_that_is_named_is_one_that_the_service_knows()
    {
        string[] named = [.. Directory.EnumerateFiles(DeploySecrets.Deploy, "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/secrets/", StringComparison.Ordinal))
            .SelectMany(file => Setting.Matches(File.ReadAllText(file)).Select(match => match.Value))
            .Distinct(StringComparer.Ordinal)];
        Assert.Contains("Amps__Database__ConnectionString", named);
        Assert.All(named, setting =>
        {
            // A known one is taken or refused for its value.
            Exception? refused = Record.Exception(() => Read([KeyValuePair.Create(setting, "1")]));
            Assert.DoesNotContain("no such setting", refused?.Message ?? "", StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_nodes_of_the_compose_file_start_with_their_settings()
    {
        var names = new HashSet<string>();
        foreach (string node in s_compose.Nodes)
        {
            Dictionary<string, string> environment = s_compose.Environment(node);
            string authorities = environment["Amps__Mqtt__CaFile"];
            (string host, _) = Assert.Single(s_compose.Binds(node), bind => bind.Container == authorities);
            environment["Amps__Mqtt__CaFile"] = secrets[Path.GetFileName(host)];
            foreach (string file in s_compose.Texts(node, "env_file"))
            {
                foreach (string[] line in File.ReadLines(secrets[Path.GetFileName(file)]).Select(line => line.Split('=', 2)))
                    environment.Add(line[0], line[1]);
            }
            AmpsSettings settings = Read(environment);
            Assert.True(names.Add(settings.Chargers.NodeId));
            Assert.Equal(StorageProvider.Postgres, settings.Storage.Provider);
            Assert.Equal((MqttMode.External, true), (settings.Mqtt.Mode, settings.Mqtt.Tls));
            Assert.Equal(settings.Chargers.NodeId, settings.Mqtt.Username);
            Assert.Contains($"user {settings.Mqtt.Username}\ntopic readwrite {settings.Mqtt.TopicPrefix}/#", Text("mosquitto/acl"));
            Assert.Contains($"listener {settings.Mqtt.Port}", Text("mosquitto/mosquitto.conf"));
            Assert.Contains(settings.Mqtt.Host, s_compose.Services.Keys);
            Assert.Contains(s_compose.Binds(node), bind => bind.Container == environment["Kestrel__Endpoints__OcppTls__Certificate__Path"]);
            Assert.Equal(environment["Kestrel__Endpoints__OcppTls__Certificate__Path"], environment["Kestrel__Endpoints__OcppTls__Certificate__KeyPath"]);
            Assert.Equal(settings.Gateway.ProxyProtocol, Text("haproxy/haproxy.cfg").Contains("send-proxy-v2", StringComparison.Ordinal));
            Assert.Contains("Host=database;", settings.Storage.ConnectionString);
            Assert.NotNull(settings.BootstrapOperatorKey);
            Assert.Contains(s_compose.Binds(node), bind => bind.Container == Path.Combine(environment["Amps__DataDirectory"], SecretVault.FileName));
        }
        Assert.Equal(3, names.Count);
    }

    [Fact]
    public void Every_file_that_a_container_is_given_exists()
    {
        foreach (string service in s_compose.Services.Keys)
        {
            Assert.All(s_compose.Binds(service), bind => Assert.True(
                File.Exists(bind.Host.StartsWith("secrets/", StringComparison.Ordinal) ? secrets[Path.GetFileName(bind.Host)] : Path.Combine(DeploySecrets.Deploy, bind.Host)), bind.Host));
        }
        string inBroker = Text("mosquitto/mosquitto.conf");
        foreach (Match named in Regex.Matches(inBroker, @"^\w+file (\S+)$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)))
            Assert.Contains(s_compose.Binds("broker"), bind => bind.Container == named.Groups[1].Value);
        foreach (Match named in Regex.Matches(Text("haproxy/haproxy.cfg"), @"crt (\S+)", RegexOptions.None, TimeSpan.FromSeconds(1)))
            Assert.Contains(s_compose.Binds("balancer"), bind => bind.Container == named.Groups[1].Value);
        foreach (Match copied in Regex.Matches(Text("Containerfile"), @"^COPY (?!--)(.+) \S+$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)))
            Assert.All(copied.Groups[1].Value.Split(' '), path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));
    }

    [Fact]
    public void The_balancer_knows_every_node_by_the_ports_it_listens_on()
    {
        string balancer = Text("haproxy/haproxy.cfg");
        foreach (string node in s_compose.Nodes)
        {
            Dictionary<string, string> environment = s_compose.Environment(node);
            foreach (string endpoint in new[] { "Api", "Ocpp", "OcppTls" })
            {
                int port = BindingPort(environment[$"Kestrel__Endpoints__{endpoint}__Url"]);
                Assert.Equal(2, Regex.Count(balancer, string.Create(CultureInfo.InvariantCulture, $"server {node} {node}:{port}\n"), RegexOptions.None, TimeSpan.FromSeconds(1)));
            }
        }

        static int BindingPort(string url) => int.Parse(url[(url.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void The_database_takes_the_sessions_of_every_node_and_one_that_replaces_another()
    {
        const int MostReaders = 8;
        const int Spare = 10;
        string command = string.Join(' ', s_compose.Texts("database", "command"));
        int limit = int.Parse(Regex.Match(command, @"max_connections=(\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(limit >= ((s_compose.Nodes.Count() + 1) * (MostReaders + 1)) + Spare);
    }

    [Fact]
    public void No_port_that_the_balancer_listens_on_may_become_a_source_port()
    {
        var sysctls = (Dictionary<object, object>)s_compose.Services["balancer"]["sysctls"];
        string[] reserved = ((string)sysctls["net.ipv4.ip_local_reserved_ports"]).Split(',');
        foreach (Match bound in Regex.Matches(Text("haproxy/haproxy.cfg"), @"bind :(\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)))
            Assert.Contains(bound.Groups[1].Value, reserved);
    }

    [Fact]
    public void Whoever_stops_the_service_waits_longer_than_it_drains()
    {
        using Microsoft.AspNetCore.Builder.WebApplication app = AmpsService.Build([]);
        TimeSpan drain = ((Microsoft.Extensions.Options.IOptions<Microsoft.Extensions.Hosting.HostOptions>)app.Services.GetService(
            typeof(Microsoft.Extensions.Options.IOptions<Microsoft.Extensions.Hosting.HostOptions>))!).Value.ShutdownTimeout;
        int unit = int.Parse(Regex.Match(Text("systemd/amps-ocpp.service"), @"TimeoutStopSec=(\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(unit > drain.TotalSeconds);
        Assert.All(s_compose.Nodes, node =>
            Assert.True(int.Parse(((string)s_compose.Services[node]["stop_grace_period"]).TrimEnd('s'), CultureInfo.InvariantCulture) > drain.TotalSeconds));
    }

    [Fact]
    public void Secrets_are_made_once_and_nobody_else_may_look_into_their_folder()
    {
        string[] Contents() => [.. Directory.EnumerateFiles(secrets.Folder).Order(StringComparer.Ordinal).Select(file => file + Convert.ToHexString(File.ReadAllBytes(file)))];
        string[] before = Contents();
        Assert.DoesNotContain("made ", secrets.Run(), StringComparison.Ordinal);
        Assert.Equal(before, Contents());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(secrets.Folder));
        Assert.Contains("/secrets/", File.ReadAllLines(Path.Combine(DeploySecrets.Deploy, ".gitignore")));
        Assert.Contains("deploy/secrets", File.ReadAllLines(Path.Combine(DeploySecrets.Deploy, "Containerfile.dockerignore")));
    }

    [Fact]
    public void Systemd_understands_the_unit()
    {
        string? analyze = DeploySecrets.Find("systemd-analyze");
        Assert.SkipUnless(analyze is not null, "systemd-analyze is not installed (package systemd)");
        string unit = Path.Combine(Path.GetDirectoryName(secrets.Folder)!, "amps-ocpp.service");
        // The program and its settings are not installed here.
        File.WriteAllText(unit, Text("systemd/amps-ocpp.service").Replace("/opt/amps-ocpp/Amps.Ocpp", "/bin/true", StringComparison.Ordinal));
        (int code, string said) = DeploySecrets.Execute(analyze!, "verify", unit);
        Assert.True(code == 0 && !said.Contains("amps-ocpp.service", StringComparison.Ordinal), said);
    }
}
