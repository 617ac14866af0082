using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Forwarding;

/// <summary>Charges each request the limits of its route, in two steps, and tells the client of the tightest window.</summary>
/// <remarks>
/// The first step comes before authentication, so that a flood of tokens that do not hold costs no signature check: limits by address, route
/// and header. The second has to know the caller. A request that is refused by the second, or by the policy between them, stays counted in
/// the first: it was made. Within a step node limits come before distributed ones, so that what this node refuses costs no round trip.
/// </remarks>
/// <param name="distributed">Null where there is no Redis; then every limit is the node's.</param>
internal sealed class RateLimitedRoutes(
    NodeRateLimiter node, RateLimitMetrics metrics, ForwardingHooks hooks, DistributedRateLimiter? distributed = null)
{
    public Task BeforeAuthenticationAsync(HttpContext context, RequestDelegate next) =>
        LimitsOf(context) is { BeforeAuthentication: { IsEmpty: false } stage } limits ? LimitAsync(context, limits, stage, next) : next(context);

    public Task AfterAuthenticationAsync(HttpContext context, RequestDelegate next) =>
        LimitsOf(context) is { AfterAuthentication: { IsEmpty: false } stage } limits ? LimitAsync(context, limits, stage, next) : next(context);

    private static RouteRateLimits? LimitsOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RouteRules>()?.RateLimits;

    private async Task LimitAsync(HttpContext context, RouteRateLimits limits, RateLimitStage stage, RequestDelegate next)
    {
        RateLimitVerdict verdict = RateLimitVerdict.Unlimited;
        if (stage.Node.Count > 0)
        {
            verdict = node.Charge(Charges(context, limits, stage.Node));
        }

        if (verdict.IsAllowed && stage.Distributed.Count > 0)
        {
            IRateLimiter limiter = (IRateLimiter?)distributed ?? node;
            verdict = verdict.And(await limiter.ChargeAsync(Charges(context, limits, stage.Distributed), context.RequestAborted));
        }

        Count(stage, verdict);
        Tell(context, verdict);
        if (verdict.IsAllowed)
        {
            await next(context);
        }
        else
        {
            await DenialResponse.WriteAsync(context, Denial.RateLimited, $"limit {verdict.Limit?.Name}", [], verdict.Reset);
        }
    }

    private RateLimitCharge[] Charges(HttpContext context, RouteRateLimits limits, IReadOnlyList<RateLimit> charged)
    {
        var charges = new RateLimitCharge[charged.Count];
        for (int index = 0; index < charges.Length; index++)
        {
            charges[index] = new RateLimitCharge(charged[index], SubjectOf(context, limits, charged[index]));
        }

        return charges;
    }

    private UInt128 SubjectOf(HttpContext context, RouteRateLimits limits, RateLimit limit)
    {
        if (limit.NeedsCaller)
        {
            // The route's policy has let nobody through without a token; should one ever pass, all such share one set of counters.
            return hooks.TokenOf(context) is { } token ? SubjectOf(token, limit) : UInt128.Zero;
        }

        return limit.Partition switch
        {
            RateLimitPartition.Address => RateLimitSubjects.Of(context.Connection.RemoteIpAddress),
            RateLimitPartition.Header => RateLimitSubjects.Of(context.Request.Headers[limit.Header!] is { Count: > 0 } values ? values.ToString() : null),
            _ => limits.Subject,
        };
    }

    private static UInt128 SubjectOf(AccessToken token, RateLimit limit) => limit.Partition switch
    {
        RateLimitPartition.User => RateLimitSubjects.Of(token.User),
        RateLimitPartition.Tenant => RateLimitSubjects.Of(token.Tenant),
        _ => RateLimitSubjects.Of(token.Session),
    };

    private void Count(RateLimitStage stage, RateLimitVerdict verdict)
    {
        if (!verdict.IsAllowed)
        {
            metrics.Request(verdict.Limit!.Name, allowed: false);
            return;
        }

        foreach (RateLimit limit in stage.Node)
        {
            metrics.Request(limit.Name, allowed: true);
        }

        foreach (RateLimit limit in stage.Distributed)
        {
            metrics.Request(limit.Name, allowed: true);
        }
    }

    /// <summary>The headers are written when the answer begins, over whatever a destination says of limits of its own.</summary>
    private static void Tell(HttpContext context, RateLimitVerdict verdict)
    {
        if (context.Features.Get<Told>() is { } told)
        {
            told.Verdict = told.Verdict.And(verdict);
            return;
        }

        told = new Told(context.Response.Headers) { Verdict = verdict };
        context.Features.Set(told);
        context.Response.OnStarting(static state => ((Told)state).WriteAsync(), told);
    }

    private sealed class Told(IHeaderDictionary headers)
    {
        public RateLimitVerdict Verdict { get; set; }

        public Task WriteAsync()
        {
            LimitHeaders.Set(headers, Verdict.Permits, Verdict.Remaining, Verdict.ResetSeconds);
            return Task.CompletedTask;
        }
    }
}
