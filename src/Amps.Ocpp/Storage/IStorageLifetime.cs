namespace Amps.Ocpp.Storage;

/// <summary>Opening and closing of the store, in the host's order: first thing up, last thing down.</summary>
public interface IStorageLifetime
{
    /// <summary>Takes the store for this process, opens it and brings its schema up to date.</summary>
    /// <exception cref="StorageStartException">It must not be opened: in use, damaged, foreign, missing though it was there, or of a newer version.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Refuses new writes, commits the waiting ones, copies the log into the database and lets go of the store.</summary>
    Task StopAsync(CancellationToken cancellationToken);
}
