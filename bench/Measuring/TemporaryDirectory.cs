namespace Amps.Ocpp.Bench.Measuring;

/// <summary>A directory that is gone at the end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("amps-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
