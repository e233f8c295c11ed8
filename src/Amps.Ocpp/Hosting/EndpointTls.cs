using System.Security.Cryptography;
using Amps.Ocpp.Chargers;
using Amps.Ocpp.Tls;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// The certificates of the endpoints out of the framework's own settings (<c>Kestrel:Endpoints:…:Certificate</c>,
/// <c>Kestrel:Certificates:Default</c>), with a second one in <c>AlternativeCertificate</c>. The framework would bind an endpoint
/// anew when its certificate changes and end every link by it, so it is not told of the files.
/// </summary>
internal static class EndpointTls
{
    private const string Second = "AlternativeCertificate";
    private static readonly string[] s_keys = ["Path", "KeyPath", "Password", "Subject", "Store", "Location", "AllowInvalid"];

    /// <summary>The <c>Kestrel</c> section without the certificates that this service looks after itself.</summary>
    public static IConfigurationSection Mask(IConfiguration configuration)
    {
        var hidden = new Dictionary<string, string?>();
        foreach (IConfigurationSection certificate in configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(IsOurs)
            .Select(endpoint => endpoint.GetSection("Certificate")).Append(configuration.GetSection("Kestrel:Certificates:Default")))
        {
            if (certificate["Path"] is null)
                continue;
            foreach (string key in s_keys)
                hidden[$"{certificate.Path}:{key}"] = null;
        }
        return new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(hidden).Build().GetSection("Kestrel");
    }

    /// <summary>TLS of an endpoint; null = it speaks without, or is left to the framework (names by SNI, a certificate out of a store).</summary>
    /// <exception cref="SettingsException">A certificate cannot be used.</exception>
    public static TlsEndpoint? Find(IConfiguration configuration, string name, IServiceProvider services)
    {
        IConfigurationSection endpoint = configuration.GetSection($"Kestrel:Endpoints:{name}");
        if (!IsOurs(endpoint))
            return null;
        List<CertificateFile> files = [.. Read(endpoint.GetSection("Certificate")), .. Read(endpoint.GetSection(Second))];
        if (files.Count == 0)
            files.AddRange(Read(configuration.GetSection("Kestrel:Certificates:Default")));
        if (files.Count == 0)
            return endpoint["Certificate:Subject"] is null ? throw new SettingsException($"{endpoint.Path}:Certificate:Path: an https endpoint needs a certificate") : null;
        SecurityEvents events = services.GetRequiredService<SecurityEvents>();
        return new TlsEndpoint(
            Load(endpoint, files, services),
            EndpointNames.IsOcpp(name) ? Demand(endpoint) : ClientCertificateDemand.None,
            refusal => events.Found(null, refusal.TooOld ? SecurityEventTypes.InvalidTlsVersion : SecurityEventTypes.TlsHandshakeFailed, refusal.Address, name));
    }

    private static bool IsOurs(IConfigurationSection endpoint) =>
        endpoint["Url"]?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true && !endpoint.GetSection("Sni").Exists();

    private static IEnumerable<CertificateFile> Read(IConfigurationSection certificate) => certificate["Path"] is { Length: > 0 } path
        ? [new CertificateFile(Path.GetFullPath(path), certificate["KeyPath"] is { Length: > 0 } key ? Path.GetFullPath(key) : null, certificate["Password"])]
        : [];

    private static ServerCertificates Load(IConfigurationSection endpoint, List<CertificateFile> files, IServiceProvider services)
    {
        try
        {
            return new ServerCertificates(endpoint.Key, files, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ServerCertificates>>());
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{endpoint.Path}:Certificate: {string.Join(", ", files)}: {e.Message}", e);
        }
    }

    private static ClientCertificateDemand Demand(IConfigurationSection endpoint) => endpoint["ClientCertificateMode"]?.ToUpperInvariant() switch
    {
        null or "" or "ALLOWCERTIFICATE" or "DELAYCERTIFICATE" => ClientCertificateDemand.Allowed,
        "REQUIRECERTIFICATE" => ClientCertificateDemand.Required,
        "NOCERTIFICATE" => ClientCertificateDemand.None,
        _ => throw new SettingsException($"{endpoint.Path}:ClientCertificateMode: not one of NoCertificate, AllowCertificate, RequireCertificate"),
    };
}
