using Microsoft.AspNetCore.Http.Features;

namespace Aivo.Gateway.Forwarding;

/// <summary>Puts a <see cref="WebSocketRelay"/> between the client and the forwarder, over HTTP/1.1 and over HTTP/2 (RFC 8441).</summary>
internal static class WebSocketUpgrade
{
    /// <summary>Whether the client asks for a WebSocket. Of another protocol the frames are not known: it is cut without goodbye.</summary>
    public static bool IsAsked(HttpContext context) => HttpMethods.IsConnect(context.Request.Method)
        ? context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" }
        : context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && "websocket".Equals(context.Request.Headers.Upgrade, StringComparison.OrdinalIgnoreCase);

    /// <summary>To be undone by <see cref="Restore"/>: the server keeps its features for the connection's next request.</summary>
    public static void Relay(HttpContext context, ForwardedRequest request, TimeProvider time)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            context.Features.Set<IHttpExtendedConnectFeature>(new RelayedConnect(connect, request, time));
        }
        else if (context.Features.Get<IHttpUpgradeFeature>() is { } upgrade)
        {
            context.Features.Set<IHttpUpgradeFeature>(new RelayedUpgrade(upgrade, request, time));
        }
    }

    public static void Restore(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is RelayedConnect connect)
        {
            context.Features.Set(connect.Inner);
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is RelayedUpgrade upgrade)
        {
            context.Features.Set(upgrade.Inner);
        }
    }

    private static WebSocketRelay Relay(Stream client, ForwardedRequest request, TimeProvider time)
    {
        var relay = new WebSocketRelay(client, time);
        request.Attach(relay);
        return relay;
    }

    private sealed class RelayedUpgrade(IHttpUpgradeFeature inner, ForwardedRequest request, TimeProvider time) : IHttpUpgradeFeature
    {
        public IHttpUpgradeFeature Inner => inner;

        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => Relay(await inner.UpgradeAsync(), request, time);
    }

    private sealed class RelayedConnect(IHttpExtendedConnectFeature inner, ForwardedRequest request, TimeProvider time) : IHttpExtendedConnectFeature
    {
        public IHttpExtendedConnectFeature Inner => inner;

        public bool IsExtendedConnect => inner.IsExtendedConnect;

        public string? Protocol => inner.Protocol;

        public async ValueTask<Stream> AcceptAsync() => Relay(await inner.AcceptAsync(), request, time);
    }
}
