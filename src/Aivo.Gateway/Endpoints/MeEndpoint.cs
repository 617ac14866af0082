using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;
using Microsoft.AspNetCore.Http.Features;

namespace Aivo.Gateway.Endpoints;

/// <summary><c>GET /auth/v1/me</c>: the signed-in user, read anew; only while the user is active and the session not revoked.</summary>
internal sealed class MeEndpoint(IUserDirectory users, CallerCheck check)
{
    public async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellationToken)
    {
        AuthenticatedCaller caller = context.Features.GetRequiredFeature<AuthenticatedCaller>();
        User? user = await users.FindAsync(caller.Token.User, cancellationToken);
        if (check.Check(caller) is { } denial)
        {
            return new DenialResult(denial);
        }

        return user is { Status: UserStatus.Active } ? TypedResults.Ok(UserResponse.From(user)) : new DenialResult(Denial.InvalidToken, "user_inactive");
    }
}
