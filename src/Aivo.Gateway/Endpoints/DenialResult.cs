using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Endpoints;

/// <summary>A refusal as an endpoint's result.</summary>
/// <param name="Denial">What the client is told.</param>
/// <param name="Reason">What only the log and the metrics are told.</param>
/// <param name="RetryAfter">When the client may come again, or null for the denial's own rule.</param>
internal sealed record DenialResult(Denial Denial, string? Reason = null, TimeSpan? RetryAfter = null) : IResult
{
    private readonly IReadOnlyList<ValidationFault> _faults = [];

    public DenialResult(IReadOnlyList<ValidationFault> faults) : this(Denial.ValidationFailed) => _faults = faults;

    public Task ExecuteAsync(HttpContext httpContext) => DenialResponse.WriteAsync(httpContext, Denial, Reason, _faults, RetryAfter);
}
