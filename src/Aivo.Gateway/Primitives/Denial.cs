namespace Aivo.Gateway.Primitives;

/// <summary>
/// Every reason for which the gateway itself refuses a request: one code, the same in the body, the log, the metric and the tests.
/// Instances are fixed; compare by reference.
/// </summary>
internal sealed class Denial
{
    private static readonly List<Denial> Known = [];

    private Denial(int status, string code, string message)
    {
        (Status, Code, Message) = (status, code, message);
        Known.Add(this);
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>The stable code, in the body's member <c>error</c>.</summary>
    public string Code { get; }

    /// <summary>A sentence for a person; says nothing that helps to forge or to guess.</summary>
    public string Message { get; }

    public static IReadOnlyList<Denial> All => Known;

    public static readonly Denial InvalidCredentials = new(401, "invalid_credentials", "The e-mail address or the password is not right.");
    public static readonly Denial Unauthenticated = new(401, "unauthenticated", "This needs an access token: log in and send it as a bearer token.");
    public static readonly Denial InvalidToken = new(401, "invalid_token", "The access token is not valid, or no longer: refresh it or log in again.");
    public static readonly Denial InvalidRefreshToken = new(401, "invalid_refresh_token", "The refresh token is not valid, or no longer: log in again.");
    public static readonly Denial Forbidden = new(403, "forbidden", "The signed-in user may not do this.");
    public static readonly Denial NotFound = new(404, "not_found", "Nothing answers at this path.");
    public static readonly Denial MethodNotAllowed = new(405, "method_not_allowed", "This path does not answer the method; the Allow header lists those it does.");
    public static readonly Denial ValidationFailed = new(422, "validation_failed", "The request's body is not what this endpoint takes.");
    public static readonly Denial TooManyAttempts = new(429, "too_many_attempts", "Too many log-in attempts: wait as long as Retry-After says.");
    public static readonly Denial RateLimited = new(429, "rate_limited", "Too many requests: wait as long as Retry-After says.");
    public static readonly Denial BadRequest = new(400, "bad_request", "The request is not one that the gateway accepts.");
    public static readonly Denial PayloadTooLarge = new(413, "payload_too_large", "The request's body is larger than this route accepts.");
    public static readonly Denial UpstreamUnreachable = new(502, "upstream_unreachable", "The service behind the gateway could not be reached.");
    public static readonly Denial UpstreamTimeout = new(504, "upstream_timeout", "The service behind the gateway did not answer in time.");
    public static readonly Denial TemporarilyUnavailable = new(503, "temporarily_unavailable", "The gateway cannot decide about this request now: repeat it after Retry-After.");
    public static readonly Denial InternalError = new(500, "internal_error", "The gateway failed; the trace id leads to the log line.");
}
