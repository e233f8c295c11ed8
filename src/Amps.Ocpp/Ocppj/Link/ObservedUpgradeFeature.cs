using Microsoft.AspNetCore.Http.Features;

namespace Amps.Ocpp.Ocppj.Link;

/// <summary>Wraps the stream of an upgraded request in a <see cref="LinkStream"/>.</summary>
public sealed class ObservedUpgradeFeature : IHttpUpgradeFeature
{
    private readonly IHttpUpgradeFeature _upgrade;
    private readonly IHttpRequestLifetimeFeature? _request;
    private readonly TimeProvider _time;

    public ObservedUpgradeFeature(IHttpUpgradeFeature upgrade, IHttpRequestLifetimeFeature? request, TimeProvider time)
    {
        _upgrade = upgrade;
        _request = request;
        _time = time;
    }

    /// <inheritdoc/>
    public bool IsUpgradableRequest => _upgrade.IsUpgradableRequest;

    /// <summary>The observed transport; null until the request was upgraded.</summary>
    public LinkStream? Stream { get; private set; }

    /// <summary>
    /// Puts itself before the server's own feature. Must run before the WebSocket middleware sees the request, since that keeps
    /// the feature it finds. Null: the request cannot be upgraded.
    /// </summary>
    public static ObservedUpgradeFeature? Install(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { } upgrade)
        {
            return null;
        }

        var observed = new ObservedUpgradeFeature(upgrade, context.Features.Get<IHttpRequestLifetimeFeature>(), time);
        context.Features.Set<IHttpUpgradeFeature>(observed);
        return observed;
    }

    /// <inheritdoc/>
    public async Task<Stream> UpgradeAsync()
    {
        Stream = new LinkStream(await _upgrade.UpgradeAsync(), _request, _time);
        return Stream;
    }
}
