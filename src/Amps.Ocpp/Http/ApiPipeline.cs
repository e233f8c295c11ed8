using System.Diagnostics.Metrics;
using Amps.Ocpp.Model;
using Microsoft.AspNetCore.Connections;

namespace Amps.Ocpp.Http;

/// <summary>
/// The outermost step of the Api endpoint: gives every request its context, and every answer that nobody wrote (404, 405,
/// refused bodies, faults) its envelope.
/// </summary>
public static partial class ApiPipeline
{
    private const int Classes = 6;
    private static readonly Meter s_meter = new("Amps.Ocpp.Http");

    // Counted by plain numbers and read when somebody asks, so that a request pays next to nothing for it.
    private static readonly long[] s_answers = new long[Classes];

    static ApiPipeline() => s_meter.CreateObservableCounter(
        "amps.api.answers",
        static () => Enumerable.Range(1, Classes - 1).Select(static digit =>
            new Measurement<long>(Volatile.Read(ref s_answers[digit]), new KeyValuePair<string, object?>("status", $"{digit}xx"))),
        description: "Answers of the Api endpoint by class of status.");

    public static IApplicationBuilder UseApiEnvelope(this IApplicationBuilder app)
    {
        ILogger logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Amps.Ocpp.Http.Api");
        return app.Use(next => context => RunAsync(context, next, logger));
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        var request = new ApiRequest();
        context.Features.Set(request);
        ApiProblem? problem;
        try
        {
            await next(context);
            problem = context.Response.HasStarted ? null : context.Response.StatusCode switch
            {
                404 => ApiProblem.NotFound,
                405 => ApiProblem.MethodNotAllowed,
                415 => ApiProblem.UnsupportedMediaType,
                413 => ApiProblem.PayloadTooLarge,
                _ => null,
            };
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; there is nobody to tell (faults A12).
            return;
        }
        catch (StorageUnavailableException e)
        {
            LogStorage(logger, request.Id, e.Message);
            problem = ApiProblem.StorageAway;
        }
        catch (BadHttpRequestException e)
        {
            problem = e.StatusCode == 413 ? ApiProblem.PayloadTooLarge : ApiProblem.Invalid("", "The request could not be read.");
        }
        catch (ConnectionResetException)
        {
            return;
        }
        catch (Exception e)
        {
            LogFault(logger, e, request.Id);
            problem = ApiProblem.Internal;
        }
        if (problem is not null && !context.Response.HasStarted)
            await Envelope.WriteAsync(context, problem);
        Interlocked.Increment(ref s_answers[Math.Clamp(context.Response.StatusCode / 100, 0, Classes - 1)]);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {RequestId}: storage is away: {Reason}")]
    private static partial void LogStorage(ILogger logger, string requestId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private static partial void LogFault(ILogger logger, Exception exception, string requestId);
}
