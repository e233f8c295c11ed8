using System.Threading.Channels;

namespace Amps.Ocpp.Mqtt.Native;

/// <summary>Tells callers about the link, in order and one after the other, on pool threads.</summary>
internal sealed class ConnectionHooks : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly Action<MqttConnectionState> _stateChanged;
    private readonly ILogger _logger;
    private readonly Channel<Item> _items = Channel.CreateUnbounded<Item>(new() { SingleReader = true });
    private readonly List<Hook> _hooks = [];
    private CancellationTokenSource? _connected;
    private readonly Task _loop;
    private Task _running = Task.CompletedTask;

    public ConnectionHooks(Action<MqttConnectionState> stateChanged, ILogger logger)
    {
        _stateChanged = stateChanged;
        _logger = logger;
        _loop = RunAsync();
    }

    public void Post(MqttConnectionState state) => _items.Writer.TryWrite(new(state, null));

    public IDisposable Add(Func<CancellationToken, ValueTask> run)
    {
        var hook = new Hook(this, run);
        _items.Writer.TryWrite(new(null, hook));
        return hook;
    }

    public async ValueTask DisposeAsync()
    {
        _items.Writer.TryComplete();
        await Task.WhenAny(_loop, Task.Delay(StopLimit));
    }

    private async Task RunAsync()
    {
        await foreach (var item in _items.Reader.ReadAllAsync())
        {
            if (item.Hook is { } hook)
                AddOrRemove(hook);
            else
                await ChangeAsync(item.State!.Value);
        }
        await EndRunningAsync();
    }

    private void AddOrRemove(Hook hook)
    {
        if (hook.IsRemoved)
        {
            _hooks.Remove(hook);
            return;
        }
        _hooks.Add(hook);
        if (_connected is not null)
            _running = RunHooksAsync(_running, [hook], _connected.Token);
    }

    private async Task ChangeAsync(MqttConnectionState state)
    {
        await EndRunningAsync();
        try
        {
            _stateChanged(state);
        }
        catch (Exception exception)
        {
            MqttLog.HookFailed(_logger, exception);
        }
        if (state != MqttConnectionState.Connected)
            return;
        _connected = new CancellationTokenSource();
        _running = RunHooksAsync(Task.CompletedTask, [.. _hooks], _connected.Token);
    }

    private async Task EndRunningAsync()
    {
        if (_connected is not { } connected)
            return;
        await connected.CancelAsync();
        await _running;
        connected.Dispose();
        _connected = null;
    }

    private async Task RunHooksAsync(Task earlier, Hook[] hooks, CancellationToken connected)
    {
        await Task.Yield();
        await earlier;
        foreach (var hook in hooks)
        {
            if (connected.IsCancellationRequested)
                return;
            try
            {
                if (!hook.IsRemoved)
                    await hook.Run(connected);
            }
            catch (OperationCanceledException) when (connected.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                MqttLog.HookFailed(_logger, exception);
            }
        }
    }

    private readonly record struct Item(MqttConnectionState? State, Hook? Hook);

    private sealed class Hook(ConnectionHooks owner, Func<CancellationToken, ValueTask> run) : IDisposable
    {
        private volatile bool _removed;

        public bool IsRemoved => _removed;

        public Func<CancellationToken, ValueTask> Run => run;

        public void Dispose()
        {
            _removed = true;
            owner._items.Writer.TryWrite(new(null, this));
        }
    }
}
