using System.Threading.RateLimiting;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;
using Microsoft.Extensions.Primitives;

namespace Amps.Ocpp.Http;

/// <summary>Token bucket of each API key (operator surface, <c>Amps:RateLimit</c>).</summary>
public sealed record RateLimitOptions
{
    /// <summary>Requests a second that a key may go on with.</summary>
    public int RequestsPerSecond { get; init; } = 100;

    /// <summary>Requests that may come at once.</summary>
    public int Burst { get; init; } = 1000;
}

/// <summary>Lets requests in by their key: authentication, permission, rate (canonical API, sections 1 and 7).</summary>
public sealed class KeyGate : IDisposable
{
    private const int MaxUserIdLength = 128;
    private readonly KeyRing _keys;
    private readonly PartitionedRateLimiter<ApiKey> _limiter;
    private readonly Func<string, ValueTask>? _onSandboxUse;

    /// <param name="keys">The keys that exist.</param>
    /// <param name="options">The rate of each.</param>
    /// <param name="onSandboxUse">Awaited before the work of a request with a sandbox key, with its customer.</param>
    public KeyGate(KeyRing keys, RateLimitOptions options, Func<string, ValueTask>? onSandboxUse = null)
    {
        _keys = keys;
        _onSandboxUse = onSandboxUse;
        int perTick = Math.Max(1, options.RequestsPerSecond / 10);
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = perTick,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)perTick / options.RequestsPerSecond),
            QueueLimit = 0,
            AutoReplenishment = true,
        };
        // The partitioned limiter replenishes all buckets by one timer and drops idle ones.
        _limiter = PartitionedRateLimiter.Create<ApiKey, string>(key => RateLimitPartition.GetTokenBucketLimiter(key.Id, _ => bucket));
    }

    /// <summary>Puts the gate before a handler.</summary>
    public RequestDelegate Require(KeyPermissions permission, RequestDelegate handler) => context =>
    {
        ApiRequest request = ApiRequest.Of(context);
        if (Admit(context, request, permission) is { } problem)
            return Envelope.WriteAsync(context, problem);
        return request.Key is { Environment: ApiEnvironment.Sandbox, CustomerId: { } customer } && _onSandboxUse is { } use
            ? HandleInSandboxAsync(context, handler, use(customer))
            : handler(context);
    };

    private static async Task HandleInSandboxAsync(HttpContext context, RequestDelegate handler, ValueTask ready)
    {
        await ready;
        await handler(context);
    }

    public void Dispose() => _limiter.Dispose();

    private ApiProblem? Admit(HttpContext context, ApiRequest request, KeyPermissions permission)
    {
        if (Presented(context.Request) is not { } presented)
            return new ApiProblem(401, ErrorCodes.Unauthorized, "An API key is required: send it in the header x-api-key.");
        switch (_keys.Verify(presented, out ApiKey? key))
        {
            case KeyVerdict.Expired:
                return new ApiProblem(401, ErrorCodes.ExpiredToken, "The API key has expired.");
            case KeyVerdict.LiveAccessDisabled:
                return new ApiProblem(403, ErrorCodes.LiveAccessDisabled, "Live access is not enabled for this customer.");
            case KeyVerdict.Invalid:
                return new ApiProblem(401, ErrorCodes.InvalidApiKey, "The API key is not valid.");
        }
        using RateLimitLease lease = _limiter.AttemptAcquire(key!);
        if (!lease.IsAcquired)
        {
            int seconds = lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
            return new ApiProblem(429, ErrorCodes.RateLimitExceeded, "Too many requests with this key.", RetryAfterSeconds: seconds);
        }
        if ((key!.Permissions & permission) == KeyPermissions.None)
            return new ApiProblem(403, ErrorCodes.InsufficientPermissions, "The API key lacks the permission for this.");
        request.Key = key;
        if (context.Request.Headers.TryGetValue("x-user-id", out StringValues user))
        {
            if (user.Count != 1 || string.IsNullOrEmpty(user[0]) || user[0]!.Length > MaxUserIdLength)
                return ApiProblem.Invalid("x-user-id", $"One value of 1 to {MaxUserIdLength} characters.");
            request.UserId = user[0];
        }
        return null;
    }

    private static string? Presented(HttpRequest request)
    {
        if (request.Headers.TryGetValue("x-api-key", out StringValues own))
            return own.Count == 1 ? own[0] : "";
        StringValues authorization = request.Headers.Authorization;
        if (authorization.Count == 0)
            return null;
        return authorization.Count == 1 && authorization[0] is { } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? value[7..].Trim()
            : "";
    }
}
