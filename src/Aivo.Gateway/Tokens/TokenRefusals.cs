namespace Aivo.Gateway.Tokens;

/// <summary>Why an access token is refused, for the log and the metric only: the client is told <c>invalid_token</c>, whatever it was.</summary>
internal static class TokenRefusals
{
    public const string TooLong = "too_long";

    /// <summary>Not three strict base64url parts, or not strict JSON.</summary>
    public const string Malformed = "malformed";
    public const string Critical = "critical";
    public const string Algorithm = "algorithm";
    public const string Type = "type";
    public const string Kid = "kid";
    public const string Signature = "signature";
    public const string Issuer = "issuer";
    public const string Audience = "audience";

    /// <summary>A claim that is missing or has the wrong form.</summary>
    public const string Claims = "claims";
    public const string Confirmation = "confirmation";
    public const string Lifetime = "lifetime";
    public const string NotYetValid = "not_yet_valid";
    public const string Expired = "expired";

    public static IReadOnlyList<string> All { get; } =
        [TooLong, Malformed, Critical, Algorithm, Type, Kid, Signature, Issuer, Audience, Claims, Confirmation, Lifetime, NotYetValid, Expired];
}
