using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Aivo.Gateway.Authentication;

/// <summary>Answers what the authorization middleware refuses in the contract's shape.</summary>
internal sealed class DenialAuthorizationResultHandler : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            return next(context);
        }

        Refusal? refusal = context.Features.Get<Refusal>();
        if (authorizeResult.Forbidden)
        {
            return DenialResponse.WriteForbiddenAsync(context, refusal?.Reason ?? "policy");
        }

        return DenialResponse.WriteAsync(context, refusal?.Denial ?? Denial.Unauthenticated, refusal?.Reason);
    }
}
