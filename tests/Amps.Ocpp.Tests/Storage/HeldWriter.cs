using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Tests.Storage;

/// <summary>Keeps the writer busy with one write until it is released.</summary>
internal sealed class HeldWriter(Task write, ManualResetEventSlim release) : IDisposable
{
    public static async Task<HeldWriter> HoldAsync(StoreFixture store)
    {
        var release = new ManualResetEventSlim();
        var running = new TaskCompletionSource();
        IDatabase database = store.Database;
        Task write = Task.Run(() => database.WriteAsync(
            session =>
            {
                running.TrySetResult();
                release.Wait();
                return 0;
            },
            default));
        await running.Task;
        return new HeldWriter(write, release);
    }

    public Task ReleaseAsync()
    {
        release.Set();
        return write;
    }

    public void Dispose()
    {
        release.Set();
        release.Dispose();
    }
}
