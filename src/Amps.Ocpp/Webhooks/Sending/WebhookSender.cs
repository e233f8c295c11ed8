using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Amps.Ocpp.Webhooks.Sending;

/// <summary>How one attempt went.</summary>
/// <param name="Status">HTTP status; null = no answer.</param>
/// <param name="Error">One of <see cref="AttemptErrors"/>; null = 2xx.</param>
/// <param name="RetryAfter">What a 429 or 503 asked for, as it was asked.</param>
public sealed record AttemptResult(int? Status, string? Error, TimeSpan? RetryAfter = null);

/// <summary>
/// Makes one attempt: signs, posts, reads the status. One client for all endpoints: no redirects (faults N3), no proxy, no cookies;
/// of an answer's body at most 64 KiB is read, and nothing of it is kept (faults N6).
/// </summary>
public sealed class WebhookSender : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly TimeSpan BodyLimit = TimeSpan.FromSeconds(2);
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly HttpMessageInvoker _http;
    private readonly UrlPolicy _policy;
    private readonly SecretVault _vault;
    private readonly WebhooksOptions _options;
    private readonly TimeProvider _time;

    public WebhookSender(UrlPolicy policy, SecretVault vault, WebhooksOptions options, TimeProvider time)
    {
        _policy = policy;
        _vault = vault;
        _options = options;
        _time = time;
        var connector = new GuardedConnector(policy);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            ConnectTimeout = options.AttemptTimeout,
            // A name may move: a connection is not kept for longer than its address can be believed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ConnectCallback = (context, cancellationToken) => connector.ConnectAsync(context.DnsEndPoint, cancellationToken),
        });
    }

    /// <summary>Never throws except when cancelled from outside.</summary>
    public async Task<AttemptResult> SendAsync(ClaimedDelivery delivery, CancellationToken cancellationToken)
    {
        if (_policy.CheckText(delivery.Endpoint.Url) is not null)
            return new AttemptResult(null, AttemptErrors.Blocked);
        if (Sign(delivery) is not { } headers)
            return new AttemptResult(null, AttemptErrors.SecretUnreadable);
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Endpoint.Url) { Content = new ReadOnlyMemoryContent(delivery.Body) };
        request.Content.Headers.ContentType = s_json;
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Amps.Ocpp", "1"));
        request.Headers.Add("svix-id", delivery.MessageId);
        request.Headers.Add("svix-timestamp", headers.Timestamp);
        request.Headers.Add("svix-signature", headers.Signatures);
        request.Headers.Add("amps-sequence", delivery.Sequence.ToString(CultureInfo.InvariantCulture));
        using var limit = new CancellationTokenSource(_options.AttemptTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, either.Token);
            AttemptResult result = Judge(answer);
            await ReadAwayAsync(answer, either.Token);
            return result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new AttemptResult(null, AttemptErrors.Timeout);
        }
        catch (HttpRequestException e)
        {
            return new AttemptResult(null, ReasonOf(e));
        }
        catch (IOException)
        {
            return new AttemptResult(null, AttemptErrors.ConnectionFailed);
        }
    }

    public void Dispose() => _http.Dispose();

    private (string Timestamp, string Signatures)? Sign(ClaimedDelivery delivery)
    {
        WebhookEndpoint endpoint = delivery.Endpoint;
        DateTimeOffset now = _time.GetUtcNow();
        long timestamp = now.ToUnixTimeSeconds();
        if (_vault.Unseal(endpoint.Id, endpoint.Secret) is not { } secret)
            return null;
        string signatures = WebhookSignature.Sign(secret, delivery.MessageId, timestamp, delivery.Body);
        if (endpoint.PreviousSecret is { } before && endpoint.PreviousUntil > now && _vault.Unseal(endpoint.Id, before) is { } previous)
            signatures += " " + WebhookSignature.Sign(previous, delivery.MessageId, timestamp, delivery.Body);
        return (timestamp.ToString(CultureInfo.InvariantCulture), signatures);
    }

    private AttemptResult Judge(HttpResponseMessage answer)
    {
        int status = (int)answer.StatusCode;
        if (status is >= 200 and < 300)
            return new AttemptResult(status, null);
        TimeSpan? after = null;
        if (status is 429 or 503 && answer.Headers.RetryAfter is { } asked)
            after = asked.Delta ?? asked.Date - _time.GetUtcNow();
        return new AttemptResult(status, AttemptErrors.Status, after > TimeSpan.Zero ? after : null);
    }

    /// <summary>Reads a short body to its end so that the connection can be used again; a long or slow one is cut.</summary>
    private async Task ReadAwayAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(8 * 1024);
        using var limit = new CancellationTokenSource(BodyLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using Stream body = await answer.Content.ReadAsStreamAsync(either.Token);
            int total = 0;
            while (total < MaxAnswerBytes && await body.ReadAsync(buffer, either.Token) is > 0 and int read)
                total += read;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The status has been told; the rest of the answer means nothing.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string ReasonOf(HttpRequestException exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is ConnectionRefusedException refused)
                return refused.Reason;
            if (e is System.Security.Authentication.AuthenticationException)
                return AttemptErrors.TlsFailed;
        }
        return exception.HttpRequestError == HttpRequestError.SecureConnectionError ? AttemptErrors.TlsFailed : AttemptErrors.ConnectionFailed;
    }
}
