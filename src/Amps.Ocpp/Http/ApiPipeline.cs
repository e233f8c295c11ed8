using System.Diagnostics.Metrics;
using Amps.Ocpp.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

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

    /// <summary>Largest refused body that is still read and dropped, bytes.</summary>
    private const int MaxDroppedBytes = 1024 * 1024;

    private static async Task RunAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        var request = new ApiRequest();
        context.Features.Set(request);
        ApiProblem? problem;
        if (context.Request.ContentLength > JsonBody.MaxBytes)
            LetFinish(context);
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
            // The server gives the connection up after this: the caller must not use it again.
            if (!context.Response.HasStarted)
                context.Response.Headers.Connection = "close";
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

    /// <summary>
    /// A caller hears the refusal of a long body only when it could send all of it: a moderate one is read and dropped after
    /// the answer, for a longer one the answer says that the connection ends.
    /// </summary>
    private static void LetFinish(HttpContext context)
    {
        if (context.Request.ContentLength <= MaxDroppedBytes && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxDroppedBytes;
        else
            context.Response.Headers.Connection = "close";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {RequestId}: storage is away: {Reason}")]
    private static partial void LogStorage(ILogger logger, string requestId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private static partial void LogFault(ILogger logger, Exception exception, string requestId);
}
