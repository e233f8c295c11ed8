using System.Collections.Concurrent;

namespace Amps.Ocpp.Hosting.Logs;

/// <summary>
/// The framework's loggers with a bound on warnings and errors: of each kind (category and event) the first lines of a second are
/// written, and then one that says how many were left out, so that whoever sends nonsense fills no disk (faults X7). Metrics count
/// them all. Other levels tell what the service does of itself and are few.
/// </summary>
internal sealed class SampledLoggerFactory(LoggerFactory inner, TimeProvider time, int linesPerSecond = SampledLoggerFactory.DefaultLinesPerSecond) : ILoggerFactory
{
    /// <summary>Unless the operator set another bound.</summary>
    public const int DefaultLinesPerSecond = 10;

    private readonly ConcurrentDictionary<string, SampledLogger> _loggers = new(StringComparer.Ordinal);

    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, name => new SampledLogger(inner.CreateLogger(name), time, linesPerSecond));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        foreach (SampledLogger logger in _loggers.Values)
            logger.Dispose();
    }

    /// <summary>Puts it in the place of the framework's own.</summary>
    public static void AddTo(IServiceCollection services, int linesPerSecond)
    {
        services.AddSingleton<LoggerFactory>();
        services.AddSingleton<ILoggerFactory>(provider => new SampledLoggerFactory(provider.GetRequiredService<LoggerFactory>(), TimeProvider.System, linesPerSecond));
    }
}
