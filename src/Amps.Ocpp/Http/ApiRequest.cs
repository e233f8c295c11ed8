using System.Diagnostics;
using System.Security.Cryptography;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Http;

/// <summary>What the envelope and the logs need to know of one request.</summary>
public sealed class ApiRequest
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private readonly long _started = Stopwatch.GetTimestamp();
    private string? _id;

    /// <summary><c>req_</c> and 8 base62 characters.</summary>
    public string Id => _id ??= NewId();

    /// <summary>Whole milliseconds spent so far.</summary>
    public long LatencyMs => (long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>The key the request came with, once it was let in.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>The end user the caller speaks for (<c>x-user-id</c>), or null.</summary>
    public string? UserId { get; set; }

    /// <summary>The request that this context is about.</summary>
    public static ApiRequest Of(HttpContext context) =>
        context.Features.Get<ApiRequest>() ?? throw new InvalidOperationException("The request did not come through the Api pipeline.");

    private static string NewId()
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[12];
        "req_".CopyTo(text);
        for (int i = 0; i < random.Length; i++)
            text[4 + i] = Base62[random[i] % Base62.Length];
        return new string(text);
    }
}
