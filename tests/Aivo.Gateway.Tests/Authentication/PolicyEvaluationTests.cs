using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Authentication;

/// <summary>What the evaluator makes of an endpoint's policy, once somebody is signed in.</summary>
public sealed class PolicyEvaluationTests : IDisposable
{
    private static readonly AuthorizationPolicy SignedIn = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    private static readonly AuthenticateResult Somebody = AuthenticateResult.Success(new AuthenticationTicket(new System.Security.Claims.ClaimsPrincipal(), "Bearer"));

    private readonly MetricsUnderTest _counts = new("aivo.gateway.policy_denied");
    private readonly CallerPolicyEvaluator _evaluator;

    public PolicyEvaluationTests() => _evaluator = new CallerPolicyEvaluator(null!, null!, null!, _counts.Metrics, NullLogger<CallerPolicyEvaluator>.Instance);

    public void Dispose() => _counts.Dispose();

    [Fact]
    public void CallerThatTheRulesRefuse_IsForbidden_AndCountedByRoute()
    {
        HttpContext context = Request("b");

        PolicyAuthorizationResult result = Evaluate(context);

        Assert.True(result.Forbidden);
        Assert.Equal(new Refusal(Denial.Forbidden, "route"), context.Features.Get<Refusal>());
        Assert.Equal(1, _counts["learners"]);
    }

    [Fact]
    public void RulesWithoutACaller_RefuseEverybody()
    {
        HttpContext context = Request("a");
        context.Features.Set<AuthenticatedCaller>(null);

        Assert.True(Evaluate(context).Challenged);
    }

    [Fact]
    public void RequestThatPasses_AllocatesNothing()
    {
        HttpContext context = Request("a");
        Assert.True(Evaluate(context).Succeeded);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int request = 0; request < 1000; request++)
        {
            Evaluate(context);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static DefaultHttpContext Request(string learner)
    {
        var context = new DefaultHttpContext();
        var policy = new CallerPolicy("learners",
        [
            CallerRule.Role(["learner"]), CallerRule.Scope(["read"]), CallerRule.Claim("plan", ["gold"]), CallerRule.Tenant([PolicySamples.Tenant]),
            CallerRule.Route("learnerId", "learner_uid", ["instructor"]),
        ]);
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(policy), "learners"));
        context.Request.RouteValues["learnerId"] = learner;
        context.Features.Set(new AuthenticatedCaller(PolicySamples.Token("\"learner_uid\": [\"a\"], \"scope\": \"read\", \"plan\": \"gold\"")));
        return context;
    }

    private PolicyAuthorizationResult Evaluate(HttpContext context)
    {
        Task<PolicyAuthorizationResult> evaluation = _evaluator.AuthorizeAsync(SignedIn, Somebody, context, null);
        Assert.True(evaluation.IsCompletedSuccessfully);
        return evaluation.GetAwaiter().GetResult();
    }
}
