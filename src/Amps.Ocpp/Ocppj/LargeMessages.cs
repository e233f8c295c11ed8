namespace Amps.Ocpp.Ocppj;

/// <summary>
/// How many messages that need more than a small buffer may be in memory at once, of all links together; who comes beyond it is not read
/// until one of them is done, first come, first served (faults X5). A place belongs to a buffer and goes back with it.
/// </summary>
/// <param name="atOnce">Messages, each at most <see cref="OcppConnectionOptions.MaxFrameBytes"/> long.</param>
public sealed class LargeMessages(int atOnce) : IDisposable
{
    /// <summary>The largest buffer that needs no place, bytes: nearly every message fits.</summary>
    public const int SmallBuffer = 16 * 1024;

    private readonly SemaphoreSlim _places = new(atOnce);
    private int _waiting;

    /// <summary>Places that are taken.</summary>
    public int Taken => atOnce - _places.CurrentCount;

    /// <summary>Links that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Takes a place if there is one.</summary>
    internal bool TryEnter() => _places.Wait(0, CancellationToken.None);

    /// <summary>Waits for a place.</summary>
    internal async Task EnterAsync()
    {
        Interlocked.Increment(ref _waiting);
        await _places.WaitAsync();
        Interlocked.Decrement(ref _waiting);
    }

    internal void Leave() => _places.Release();

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();
}
