using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Amps.Ocpp.Tls;

/// <summary>Authorities out of a PEM file, read again when it changed, looked at once a second at most.</summary>
internal sealed class AuthorityFile(string path, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private DateTime _stamp = File.GetLastWriteTimeUtc(path);
    private long _lookedAt = time.GetTimestamp();
    private volatile X509Certificate2Collection _current = Read(path);

    /// <summary>The authorities in force.</summary>
    public X509Certificate2Collection Current
    {
        get
        {
            if (time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= s_lookEvery && _gate.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    _gate.Exit();
                }
            }
            return _current;
        }
    }

    /// <exception cref="CryptographicException">It holds no certificate.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static X509Certificate2Collection Read(string path)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(path);
        return all.Count > 0 ? all : throw new CryptographicException("There is no certificate in it.");
    }

    private void Look()
    {
        _lookedAt = time.GetTimestamp();
        DateTime stamp = File.GetLastWriteTimeUtc(path);
        if (stamp == _stamp)
            return;
        try
        {
            _current = Read(path);
            _stamp = stamp;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            TlsLog.AuthoritiesNotReloaded(logger, path, e.Message);
        }
    }
}
