using Amps.Ocpp.Actions;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Dialects;
using Amps.Ocpp.Gateway;
using Amps.Ocpp.Http;
using Amps.Ocpp.Mqtt;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Readings;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Routing;
using Amps.Ocpp.Sandbox;
using Amps.Ocpp.Storage;
using Amps.Ocpp.Tls;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Hosting;

/// <summary>All settings of the service, read and checked once, one record a room (operator surface, section 1).</summary>
public sealed record AmpsSettings
{
    public required string DataDirectory { get; init; }

    public required StorageOptions Storage { get; init; }

    public required MqttOptions Mqtt { get; init; }

    public required GatewayOptions Gateway { get; init; }

    public required ClientCertificateOptions ClientCertificates { get; init; }

    public required ChargersOptions Chargers { get; init; }

    public required ActionsOptions Actions { get; init; }

    public required NodesOptions Nodes { get; init; }

    public required RoutingOptions Routing { get; init; }

    public required ReadingsOptions Readings { get; init; }

    public required SandboxOptions Sandbox { get; init; }

    public required RateLimitOptions RateLimit { get; init; }

    public required WebhooksOptions Webhooks { get; init; }

    public required IdTokenPolicy IdTokenPolicy { get; init; }

    public required DialectOptions Dialects { get; init; }

    /// <summary>Warnings or errors of one kind that are logged in a second; 0: all of them (faults X7).</summary>
    public int LogLinesPerSecond { get; init; }

    /// <summary>The operator's key that must exist; null = none.</summary>
    public string? BootstrapOperatorKey { get; init; }

    /// <summary>Reads everything below <c>Amps</c>.</summary>
    /// <exception cref="SettingsException">A value is wrong or a key is unknown.</exception>
    public static AmpsSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        string data = Path.GetFullPath(reader.Text("Amps:DataDirectory", "data"));
        string node = reader.Text("Amps:Node:Id", System.Environment.MachineName);
        string prefix = reader.Text("Amps:Mqtt:TopicPrefix", "amps/v1");
        TimeSpan confirmation = TimeSpan.FromSeconds(reader.Whole("Amps:Actions:ConfirmationTimeoutSeconds", 30, 1, 600));
        if (prefix.AsSpan().ContainsAny('+', '#', '\0') || prefix.StartsWith('/') || prefix.EndsWith('/'))
            throw new SettingsException($"Amps:Mqtt:TopicPrefix: '{prefix}' is not topic levels without wildcards, e.g. amps/v1");
        StorageOptions storage = ReadStorage(reader, data);
        string life = $"life:{node}/{Guid.CreateVersion7():N}";
        bool shared = storage.Provider == StorageProvider.Postgres;
        var settings = new AmpsSettings
        {
            DataDirectory = data,
            Storage = storage,
            Mqtt = ReadMqtt(reader, prefix, node),
            Gateway = new GatewayOptions
            {
                Admission = reader.Choice("Amps:Ocpp:Admission", AdmissionPolicy.Pending),
                ProxyProtocol = reader.Flag("Amps:Ocpp:ProxyProtocol", false),
                CallTimeout = TimeSpan.FromSeconds(reader.Whole("Amps:Ocpp:CallTimeoutSeconds", 60, 1, 600)),
                MessagesPerSecond = reader.Whole("Amps:Ocpp:MessagesPerSecond", 2000, 0, 1_000_000),
                MessageBurst = reader.Whole("Amps:Ocpp:MessageBurst", 2000, 1, 1_000_000),
                DrainTime = TimeSpan.FromMilliseconds(shared ? 3000 : 1),
            },
            ClientCertificates = ReadClientCertificates(reader),
            Chargers = new ChargersOptions
            {
                NodeId = node,
                Shared = shared,
                IdleStrategy = reader.Choice("Amps:Charging:IdleStrategy", IdleStrategy.RemoteStop),
                ConfirmationTimeout = confirmation,
                LimitWriteInterval = TimeSpan.FromSeconds(reader.Whole("Amps:Charging:LimitWriteIntervalSeconds", 10, 1, 600)),
                UseStationMaxProfile = reader.Flag("Amps:Charging:UseStationMaxProfile", false),
                ClearForeignProfiles = reader.Flag("Amps:Charging:ClearForeignProfiles", false),
                InferEndAfter = TimeSpan.FromSeconds(reader.Whole("Amps:Charging:InferEndAfterSeconds", 30, 1, 3600)),
            },
            Actions = new ActionsOptions { ConfirmationTimeout = confirmation },
            Nodes = new NodesOptions
            {
                NodeId = node,
                Life = life,
                Shared = shared,
                LeaseTime = TimeSpan.FromSeconds(reader.Whole("Amps:Node:LeaseSeconds", 15, 1, 30)),
            },
            Routing = new RoutingOptions { NodeId = node, TopicPrefix = prefix, Shared = shared },
            Readings = new ReadingsOptions
            {
                TimeToLive = TimeSpan.FromSeconds(reader.Whole("Amps:Reads:CacheSeconds", 900, 1, 86_400)),
                ExpediteTimeToLive = TimeSpan.FromSeconds(reader.Whole("Amps:Reads:ExpediteSeconds", 60, 1, 86_400)),
                LiveBudget = TimeSpan.FromMilliseconds(reader.Whole("Amps:Reads:LiveBudgetMilliseconds", 2000, 100, 60_000)),
                TopicPrefix = prefix,
                NodeId = node,
                Shared = shared,
            },
            Sandbox = new SandboxOptions
            {
                Endpoint = OwnEndpoint(configuration),
                DataDirectory = Path.Combine(data, "sandbox"),
                LookEvery = TimeSpan.FromSeconds(shared ? 5 : 60),
            },
            RateLimit = new RateLimitOptions
            {
                RequestsPerSecond = reader.Whole("Amps:RateLimit:RequestsPerSecond", 100, 1, 1_000_000),
                Burst = reader.Whole("Amps:RateLimit:Burst", 1000, 1, 10_000_000),
            },
            Webhooks = new WebhooksOptions
            {
                AllowInsecure = reader.Flag("Amps:Webhooks:AllowInsecure", false),
                AllowPrivateNetworks = reader.Flag("Amps:Webhooks:AllowPrivateNetworks", false),
                NodeId = shared ? life : node,
                LongestSleep = TimeSpan.FromSeconds(shared ? 3 : 30),
                DataDirectory = data,
            },
            IdTokenPolicy = reader.Choice("Amps:Ocpp:IdTokenPolicy", IdTokenPolicy.AcceptAll),
            Dialects = new DialectOptions
            {
                HeartbeatIntervalSeconds = reader.Whole("Amps:Ocpp:HeartbeatIntervalSeconds", 300, 1, 86_400),
                StrictSchema = reader.Flag("Amps:Ocpp:StrictSchema", false),
            },
            LogLinesPerSecond = reader.Whole("Amps:Logs:LinesPerSecond", Logs.SampledLoggerFactory.DefaultLinesPerSecond, 0, 100_000),
            BootstrapOperatorKey = reader.Secret("Amps:Bootstrap:OperatorKey", minLength: 24),
        };
        reader.RefuseUnknown();
        return settings;
    }

    /// <summary>Where this process reaches its own charge point endpoint, the one without TLS if there is one; any-address is reached by loopback.</summary>
    private static Uri OwnEndpoint(IConfiguration configuration)
    {
        string[] urls =
        [
            .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => EndpointNames.IsOcpp(endpoint.Key)).Select(endpoint => endpoint["Url"]).OfType<string>(),
        ];
        string url = urls.FirstOrDefault(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) ?? urls.FirstOrDefault() ?? "http://127.0.0.1:9000";
        BindingAddress address = BindingAddress.Parse(url);
        string host = address.Host is "*" or "+" or "0.0.0.0" ? "127.0.0.1" : address.Host is "[::]" ? "[::1]" : address.Host;
        string scheme = address.Scheme == Uri.UriSchemeHttps ? "wss" : "ws";
        return new Uri($"{scheme}://{host}:{address.Port}/ocpp");
    }

    private static ClientCertificateOptions ReadClientCertificates(SettingsReader reader)
    {
        const string CaFile = "Amps:Ocpp:ClientCertificates:CaFile";
        var options = new ClientCertificateOptions
        {
            CaFile = reader.Text(CaFile) is { } file ? Path.GetFullPath(file) : null,
            Organization = reader.Text("Amps:Ocpp:ClientCertificates:Organization"),
            Revocation = reader.Choice("Amps:Ocpp:ClientCertificates:Revocation", RevocationPolicy.Soft),
        };
        return options.Problem is { } problem ? throw new SettingsException($"{CaFile}: '{options.CaFile}': {problem}") : options;
    }

    private static StorageOptions ReadStorage(SettingsReader reader, string data)
    {
        const string ConnectionString = "Amps:Database:ConnectionString";
        var options = new StorageOptions
        {
            DataDirectory = data,
            Provider = reader.Choice("Amps:Database:Provider", StorageProvider.Sqlite),
            ConnectionString = reader.Secret(ConnectionString),
            Retention = new RetentionOptions
            {
                Actions = Kept(reader.Whole("Amps:Retention:ActionsDays", 365, 0, 36_500)),
                Transactions = Kept(ReadTransactionsDays(reader)),
            },
        };
        if (options is { Provider: StorageProvider.Postgres, ConnectionString: null })
            throw new SettingsException($"{ConnectionString}: needed where Amps:Database:Provider is Postgres, e.g. Host=…;Database=…;Username=…;Password=…");
        // The value may hold a password and is never shown.
        return options is { Provider: StorageProvider.Postgres, ConnectionString: { } text } && !StorageOptions.IsConnectionString(text)
            ? throw new SettingsException($"{ConnectionString}: the value is not a connection string as Npgsql reads it, e.g. Host=…;Database=…;Username=…;Password=…")
            : options;
    }

    private static int ReadTransactionsDays(SettingsReader reader)
    {
        const string Key = "Amps:Retention:TransactionsDays";
        int days = reader.Whole(Key, 730, 0, 36_500);
        return days is > 0 and < RetentionOptions.LeastTransactionsDays
            ? throw new SettingsException($"{Key}: '{days}' is less than {RetentionOptions.LeastTransactionsDays} days, in which charge points may repeat what they told; 0 keeps transactions for ever")
            : days;
    }

    private static TimeSpan? Kept(int days) => days == 0 ? null : TimeSpan.FromDays(days);

    private static MqttOptions ReadMqtt(SettingsReader reader, string prefix, string node)
    {
        MqttMode mode = reader.Choice("Amps:Mqtt:Mode", MqttMode.Managed);
        string host = reader.Text("Amps:Mqtt:Host", "127.0.0.1");
        string? authorities = reader.Text("Amps:Mqtt:CaFile");
        if (authorities is not null && !File.Exists(authorities))
            throw new SettingsException($"Amps:Mqtt:CaFile: '{authorities}' is not an existing file");
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new SettingsException($"Amps:Mqtt:Host: '{host}' is not a host name or address");
        var options = new MqttOptions
        {
            Mode = mode,
            Host = mode == MqttMode.Managed ? "127.0.0.1" : host,
            Port = reader.Whole("Amps:Mqtt:Port", 1883, 1, 65_535),
            Username = reader.Text("Amps:Mqtt:Username"),
            Password = reader.Secret("Amps:Mqtt:Password"),
            Tls = reader.Flag("Amps:Mqtt:Tls", false) && mode == MqttMode.External,
            CaFile = authorities,
            TopicPrefix = prefix,
            ClientId = $"amps-{node}",
        };
        return options is { Password: not null, Username: null }
            ? throw new SettingsException("Amps:Mqtt:Username: a user name is needed where Amps:Mqtt:Password is set")
            : options;
    }
}
