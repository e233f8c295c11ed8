using System.Net.Sockets;

namespace Amps.Ocpp.Hosting;

/// <summary>
/// Tells systemd when the service is ready and when it goes down (sd_notify, for units of <c>Type=notify</c>); does nothing where
/// <c>NOTIFY_SOCKET</c> is not set.
/// </summary>
internal sealed partial class SystemdNotifier(IConfiguration configuration, ILogger<SystemdNotifier> logger) : IHostedLifecycleService
{
    private readonly string? _socket = configuration["NOTIFY_SOCKET"];

    public Task StartedAsync(CancellationToken cancellationToken) => TellAsync("READY=1"u8.ToArray());

    public Task StoppingAsync(CancellationToken cancellationToken) => TellAsync("STOPPING=1"u8.ToArray());

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task TellAsync(byte[] state)
    {
        if (string.IsNullOrEmpty(_socket))
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ stands for an abstract address, which begins with NUL.
            string path = _socket[0] == '@' ? '\0' + _socket[1..] : _socket;
            await socket.SendToAsync(state, new UnixDomainSocketEndPoint(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            LogNotTold(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd could not be told: {Reason}")]
    private partial void LogNotTold(string reason);
}
