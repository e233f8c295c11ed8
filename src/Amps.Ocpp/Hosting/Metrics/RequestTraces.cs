using System.Diagnostics;

namespace Amps.Ocpp.Hosting.Metrics;

/// <summary>
/// One span a request of the Api endpoint, joined to the caller's by <c>traceparent</c>. The framework's own spans are not used: they
/// would carry whole paths, which may hold id tokens, and one would stay open for each charge point's link.
/// </summary>
internal static class RequestTraces
{
    public const string SourceName = "Amps.Ocpp.Api";

    private static readonly ActivitySource s_source = new(SourceName);

    public static async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        _ = ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out ActivityContext caller);
        using Activity? span = s_source.StartActivity(context.Request.Method, ActivityKind.Server, caller);
        await next(context);
        if (span is null)
            return;
        int status = context.Response.StatusCode;
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.DisplayName = $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
        }
        span.SetTag("http.request.method", context.Request.Method);
        span.SetTag("http.response.status_code", status);
        if (status >= 500)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
