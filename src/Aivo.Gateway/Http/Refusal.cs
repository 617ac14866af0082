using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Http;

/// <summary>That this request was refused by the gateway, and why; kept as a request feature.</summary>
/// <param name="Denial">What the client was told.</param>
/// <param name="Reason">What the client was not told; a short word for log and metric, or null.</param>
internal sealed record Refusal(Denial Denial, string? Reason);

/// <summary>One member of a request's body that does not fit; <c>$</c> stands for the body as a whole.</summary>
internal readonly record struct ValidationFault(string Field, string Message);
