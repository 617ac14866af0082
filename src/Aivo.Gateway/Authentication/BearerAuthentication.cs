using System.Text.Encodings.Web;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// The ASP.NET authentication handler for bearer tokens (RFC 6750). Its base class gets no logger: its lines would repeat the request log.
/// </summary>
internal sealed class BearerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    AccessTokenReader reader,
    CallerCheck check) : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    public new const string Scheme = "Bearer";

    private static readonly Task<AuthenticateResult> None = Task.FromResult(AuthenticateResult.NoResult());

    private Denial _denial = Denial.Unauthenticated;
    private string? _reason;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        AuthenticatedCaller? caller = reader.Read(Authorization(), out Denial? denial, out _reason);
        if (caller is null)
        {
            _denial = denial ?? Denial.InvalidToken;
            return None;
        }

        if (check.Check(caller.Token) is { } refused)
        {
            (_denial, _reason) = (refused, refused == Denial.InvalidToken ? "revoked" : "stale");
            return None;
        }

        Context.Features.Set(caller);
        return caller.Shared;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => DenialResponse.WriteAsync(Context, _denial, _reason);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => DenialResponse.WriteAsync(Context, Denial.Forbidden);

    /// <summary>The header; or the token that a WebSocket brought as a subprotocol, where the route allows it and no header came.</summary>
    private StringValues Authorization()
    {
        StringValues header = Request.Headers.Authorization;
        return header.Count == 0 && WebSocketTokens.TryTakeToken(Context, out string token) ? "Bearer " + token : header;
    }
}
