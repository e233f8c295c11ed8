using System.Net.Sockets;

namespace Amps.Ocpp.Mqtt.Broker;

/// <summary>
/// Mode <c>Managed</c>: runs mosquitto on 127.0.0.1, starts it again when it ends, and takes over from an orphan that a killed
/// service left on the same data directory. Nothing that goes wrong here keeps the service from starting: it is one log line,
/// and another attempt.
/// </summary>
public sealed class ManagedBroker(MqttOptions options, string dataDirectory, ILogger<ManagedBroker> logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(30);

    private readonly BrokerFiles _files = new(dataDirectory);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watch = Task.CompletedTask;
    private volatile BrokerProcess? _process;
    private string? _reported;
    private int _disposed;

    /// <summary>Completes when the broker first accepts connections.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Process id of the running broker, or null.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>Begins, and returns without waiting for the broker; see <see cref="Ready"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        _watch = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Ends the broker; it saves its retained messages first.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stop.CancelAsync();
        await _watch.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await StopAsync();
        _ready.TrySetCanceled();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        var backOff = new BackOff(FirstPause, LongestPause);
        while (!_stop.IsCancellationRequested)
        {
            var began = Environment.TickCount64;
            try
            {
                Report(await RunOnceAsync());
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                Report($"The MQTT broker could not be run: {exception.Message}");
            }
            if (Environment.TickCount64 - began > SteadyAfter.TotalMilliseconds)
                backOff.Reset();
            await Task.Delay(backOff.Next(), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs the broker until it ends by itself and returns what to say about that.</summary>
    private async Task<string> RunOnceAsync()
    {
        if (BrokerProcess.Find() is not { } program)
            return "The MQTT broker mosquitto was not found: install the package mosquitto, or set Amps:Mqtt:Mode to External or Off.";
        _files.Write(options.Port);
        using var exclusive = TryLock();
        if (exclusive is null)
            return $"Another service runs the MQTT broker of {_files.Directory}.";
        if (await BrokerProcess.EndOrphanAsync(_files) is { } orphan)
            BrokerLog.OrphanEnded(logger, orphan);
        if (await AcceptsAsync())
            return $"Port {options.Port} of 127.0.0.1 is taken by another program: end it, or set Amps:Mqtt:Port, or Amps:Mqtt:Mode to External.";
        using var process = BrokerProcess.Start(program, _files);
        try
        {
            await WaitUntilAcceptsAsync(process);
            if (!process.HasExited)
                Welcome(process);
            await process.WaitForExitAsync(_stop.Token);
        }
        finally
        {
            _process = null;
            await process.EndAsync();
        }
        return $"The MQTT broker ended: {process.Ending}.";
    }

    private void Welcome(BrokerProcess process)
    {
        _process = process;
        _reported = null;
        BrokerLog.Started(logger, process.Id, options.Port);
        _ready.TrySetResult();
    }

    private void Report(string problem)
    {
        // The same trouble all night is one line.
        if (string.Equals(_reported, problem, StringComparison.Ordinal))
            return;
        _reported = problem;
        BrokerLog.Problem(logger, problem);
    }

    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(_files.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task WaitUntilAcceptsAsync(BrokerProcess process)
    {
        while (!process.HasExited && !await AcceptsAsync())
            await Task.Delay(ProbePause, _stop.Token);
    }

    private async Task<bool> AcceptsAsync()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync("127.0.0.1", options.Port, _stop.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
