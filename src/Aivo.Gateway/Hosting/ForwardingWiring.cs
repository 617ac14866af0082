using Aivo.Gateway.Authentication;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Hosting;

/// <summary>Gives forwarding what it needs of a caller: the identity headers, made once per token, and the last check.</summary>
internal static class ForwardingWiring
{
    public static ForwardingHooks Create(IServiceProvider provider)
    {
        HeadersOptions headers = provider.GetRequiredService<HeadersOptions>();
        CallerCheck check = provider.GetRequiredService<CallerCheck>();
        InternalTokenIssuer issuer = provider.GetRequiredService<InternalTokenIssuer>();
        return new ForwardingHooks(
            DenialResponse.WriteAsync,
            context => context.Features.Get<AuthenticatedCaller>() is { } caller ? IdentityOf(caller, headers) : null,
            context => context.Features.Get<AuthenticatedCaller>() is { } caller ? check.Check(caller) : null,
            provider.GetRequiredService<GatewayMetrics>().Forwarded)
        {
            TokenOf = context => context.Features.Get<AuthenticatedCaller>()?.Token,
            InternalAuthorizationOf = (context, cluster) =>
                context.Features.Get<AuthenticatedCaller>() is { } caller ? caller.Internal.AuthorizationFor(cluster, caller.Token, issuer) : null,
            RefreshedUntil = (session, cancellationToken) => RefreshedUntilAsync(provider, session, cancellationToken),
        };
    }

    /// <summary>The expiry of the live leaf's access token, as whoever refreshed last has it.</summary>
    private static async Task<DateTimeOffset?> RefreshedUntilAsync(IServiceProvider provider, SessionId session, CancellationToken cancellationToken)
    {
        (SessionRecord? record, SessionLiveness liveness) = await provider.GetRequiredService<UserSessions>().FindAsync(session, cancellationToken);
        return record is null || liveness != SessionLiveness.Live
            ? null
            : AccessTokenExpiry.For(TokenIds.ForLeaf(record.Live.Label, record.Live.Issued), record.Live.Issued, provider.GetRequiredService<TokensOptions>());
    }

    private static IdentityHeaders IdentityOf(AuthenticatedCaller caller, HeadersOptions headers)
    {
        if (caller.Derived is IdentityHeaders known)
        {
            return known;
        }

        // Two requests may do this at once for a new token: both results say the same.
        AccessToken token = caller.Token;
        Dictionary<string, string> claims = new(token.Claims, StringComparer.Ordinal) { ["jti"] = token.Id.ToString(), ["client_id"] = token.ClientId };
        var made = IdentityHeaders.Create(headers, token.User.ToString(), token.Tenant.ToString(), token.Role, token.Session.ToString(), claims);
        caller.Derived = made;
        return made;
    }
}
