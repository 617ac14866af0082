using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>On an endpoint whose WebSocket handshakes may carry the access token as a subprotocol.</summary>
internal sealed class WebSocketTokenMetadata
{
    public static readonly WebSocketTokenMetadata Instance = new();

    private WebSocketTokenMetadata()
    {
    }
}

/// <summary>
/// A browser cannot set a header on a WebSocket. On endpoints that opt in it offers <c>aivo.bearer.&lt;token&gt;</c> among its
/// subprotocols, beside at least one real one: the server must choose one of those offered, and never chooses the token.
/// </summary>
internal static class WebSocketTokens
{
    public const string Prefix = "aivo.bearer.";

    /// <summary>
    /// The token of a WebSocket handshake on an endpoint with <see cref="WebSocketTokenMetadata"/>; false where the request is none, or
    /// offers no token, several, or no other subprotocol. Routing must have chosen the endpoint. A request that also has
    /// <c>Authorization</c> uses two methods at once (RFC 6750 section 2): the caller decides about it.
    /// </summary>
    public static bool TryTakeToken(HttpContext context, out string bearer)
    {
        bearer = "";
        if (context.GetEndpoint()?.Metadata.GetMetadata<WebSocketTokenMetadata>() is null || !IsHandshake(context))
        {
            return false;
        }

        int tokens = 0;
        int others = 0;
        foreach (string? line in context.Request.Headers.SecWebSocketProtocol)
        {
            foreach (Range item in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> offer = line.AsSpan()[item].Trim();
                if (offer.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    tokens++;
                    bearer = offer[Prefix.Length..].ToString();
                }
                else if (!offer.IsEmpty)
                {
                    others++;
                }
            }
        }

        if (tokens == 1 && others > 0 && bearer.Length > 0)
        {
            return true;
        }

        bearer = "";
        return false;
    }

    /// <summary>Removes every offered token, so that no destination sees one; on every route, since the client may try any.</summary>
    public static void RemoveTokens(IHeaderDictionary headers)
    {
        StringValues offers = headers.SecWebSocketProtocol;
        if (offers.Count == 0 || !MayHoldToken(offers))
        {
            return;
        }

        List<string> kept = [];
        foreach (string? line in offers)
        {
            foreach (Range item in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> offer = line.AsSpan()[item].Trim();
                if (!offer.IsEmpty && !offer.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                {
                    kept.Add(offer.ToString());
                }
            }
        }

        headers.SecWebSocketProtocol = kept.Count == 0 ? StringValues.Empty : string.Join(", ", kept);
    }

    private static bool MayHoldToken(StringValues offers)
    {
        foreach (string? line in offers)
        {
            if (line is not null && line.Contains(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsHandshake(HttpContext context) =>
        HttpMethods.IsConnect(context.Request.Method)
            ? context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" }
            : HttpMethods.IsGet(context.Request.Method)
                && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
                && "websocket".Equals(context.Request.Headers.Upgrade, StringComparison.OrdinalIgnoreCase);
}
