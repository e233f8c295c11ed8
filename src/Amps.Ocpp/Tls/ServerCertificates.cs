using System.Net.Security;
using System.Security.Cryptography;

namespace Amps.Ocpp.Tls;

/// <summary>
/// The certificates of one endpoint: at most one for each kind of key is used, chosen by what the client's hello takes. Files that
/// changed are read at the next handshake, at most once a second; links that are up keep theirs (faults S14).
/// </summary>
public sealed class ServerCertificates
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly string _endpoint;
    private readonly Entry[] _entries;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private long _lookedAt;

    private sealed class Entry(CertificateFile file)
    {
        public CertificateFile File => file;

        public (DateTime, long, DateTime) Stamp { get; set; }

        public volatile SslStreamCertificateContext? Context;
    }

    /// <exception cref="CryptographicException">A certificate cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public ServerCertificates(string endpoint, IReadOnlyList<CertificateFile> files, TimeProvider time, ILogger logger)
    {
        _endpoint = endpoint;
        _time = time;
        _logger = logger;
        _entries = [.. files.Select(file => new Entry(file))];
        foreach (Entry entry in _entries)
            Load(entry);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>The certificate for this client: an elliptic one where it takes it, since that costs both sides less.</summary>
    public SslStreamCertificateContext Choose(ClientHello hello)
    {
        Look();
        return (hello.TakesEcdsa ? Find(IsEcdsa) : null) ?? (hello.TakesRsa ? Find(context => !IsEcdsa(context)) : null) ?? _entries[0].Context!;
    }

    private SslStreamCertificateContext? Find(Func<SslStreamCertificateContext, bool> wanted) =>
        _entries.Select(entry => entry.Context!).FirstOrDefault(wanted);

    private static bool IsEcdsa(SslStreamCertificateContext context) => context.TargetCertificate.PublicKey.Oid.Value == "1.2.840.10045.2.1";

    private void Look()
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) < s_lookEvery || !_gate.TryEnter())
            return;
        try
        {
            _lookedAt = _time.GetTimestamp();
            foreach (Entry entry in _entries)
            {
                if (entry.Stamp != entry.File.Stamp)
                    Reload(entry);
            }
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Reload(Entry entry)
    {
        try
        {
            Load(entry);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Certificate and key may be half replaced: the old pair serves until both fit.
            TlsLog.NotReloaded(_logger, _endpoint, entry.File.Path, e.Message);
        }
    }

    private void Load(Entry entry)
    {
        (DateTime, long, DateTime) stamp = entry.File.Stamp;
        SslStreamCertificateContext context = entry.File.Load();
        entry.Context = context;
        entry.Stamp = stamp;
        string subject = context.TargetCertificate.Subject;
        DateTime notAfter = context.TargetCertificate.NotAfter;
        TlsLog.Loaded(_logger, _endpoint, subject, notAfter);
    }
}
