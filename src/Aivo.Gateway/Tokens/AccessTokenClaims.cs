using System.Collections.Frozen;
using System.Text.Json;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tokens;

/// <summary>The payload of an access token, read by type: every required claim is there in its one form, or the token is refused.</summary>
internal sealed class AccessTokenClaims
{
    /// <summary>The last second of the year 9999, the latest that a time can hold.</summary>
    private const long LatestTime = 253_402_300_799;

    private readonly Dictionary<string, string> _further = new(StringComparer.Ordinal);
    private readonly List<string> _structured = [];
    private readonly List<string> _literal = [];
    private string? _issuer;
    private List<string>? _audience;
    private UserId? _user;
    private TenantId? _tenant;
    private SessionId? _session;
    private TokenId? _id;
    private string? _role;
    private string? _clientId;
    private long? _issuedAt;
    private long? _expiresAt;
    private long? _authenticatedAt;

    private AccessTokenClaims()
    {
    }

    public string Issuer => _issuer!;

    public IReadOnlyList<string> Audience => _audience!;

    /// <summary>In seconds since 1970, as all times here.</summary>
    public long IssuedAt => _issuedAt!.Value;

    public long ExpiresAt => _expiresAt!.Value;

    public long? NotBefore { get; private set; }

    /// <summary>The claims, or null with the reason: one of <see cref="TokenRefusals"/>.</summary>
    public static AccessTokenClaims? Read(JsonElement payload, out string? reason)
    {
        var claims = new AccessTokenClaims();
        foreach (JsonProperty claim in payload.EnumerateObject())
        {
            reason = claims.Take(claim.Name, claim.Value);
            if (reason is not null)
            {
                return null;
            }
        }

        reason = claims.IsComplete ? null : TokenRefusals.Claims;
        return reason is null ? claims : null;
    }

    public AccessToken ToToken(string keyId) => new(
        _user!.Value,
        _tenant!.Value,
        _session!.Value,
        _id!.Value,
        _role!,
        _clientId!,
        DateTimeOffset.FromUnixTimeSeconds(IssuedAt),
        DateTimeOffset.FromUnixTimeSeconds(ExpiresAt),
        DateTimeOffset.FromUnixTimeSeconds(_authenticatedAt!.Value),
        keyId,
        _further.Count == 0 ? FrozenDictionary<string, string>.Empty : _further.ToFrozenDictionary(StringComparer.Ordinal))
    {
        StructuredClaims = _structured.Count == 0 ? FrozenSet<string>.Empty : _structured.ToFrozenSet(StringComparer.Ordinal),
        LiteralClaims = _literal.Count == 0 ? FrozenSet<string>.Empty : _literal.ToFrozenSet(StringComparer.Ordinal),
    };

    /// <summary>RFC 9068, section 2.2 (<c>client_id</c> included), and what the gateway adds.</summary>
    private bool IsComplete => _issuer is not null && _audience is not null && _user is not null && _tenant is not null && _session is not null
        && _id is not null && _role is not null && _clientId is not null
        && _issuedAt is not null && _expiresAt is not null && _authenticatedAt is not null;

    private string? Take(string name, JsonElement value)
    {
        bool taken = name switch
        {
            "iss" => (_issuer = NonEmpty(value)) is not null,
            "aud" => (_audience = TextOrTexts(value)) is not null,
            "sub" => (_user = UserId.TryParse(NonEmpty(value), out UserId id) ? id : null) is not null,
            "tenant_id" => (_tenant = TenantId.TryParse(NonEmpty(value), out TenantId id) ? id : null) is not null,
            "sid" => (_session = SessionId.TryParse(Base64UrlText(value), out SessionId id) ? id : null) is not null,
            "jti" => (_id = TokenId.TryParse(Base64UrlText(value), out TokenId id) ? id : null) is not null,
            "role" => (_role = NonEmpty(value)) is not null,
            "client_id" => (_clientId = NonEmpty(value)) is not null,
            "iat" => (_issuedAt = Seconds(value)) is not null,
            "exp" => (_expiresAt = Seconds(value)) is not null,
            "nbf" => (NotBefore = Seconds(value)) is not null,
            "auth_time" => (_authenticatedAt = Seconds(value)) is not null,
            _ => TakeFurther(name, value),
        };
        if (taken)
        {
            return null;
        }

        // A token bound to a key must not pass without the proof of that key (RFC 9449, section 7.1; RFC 8705, section 3).
        return name == "cnf" ? TokenRefusals.Confirmation : TokenRefusals.Claims;
    }

    private bool TakeFurther(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case var _ when name == "cnf":
                return false;
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.String:
                string? text = StrictJson.TextOf(value);
                _further[name] = text ?? "";
                return text is not null;
            case JsonValueKind.Array or JsonValueKind.Object:
                _structured.Add(name);
                _further[name] = value.GetRawText();
                return true;
            default:
                _literal.Add(name);
                _further[name] = value.GetRawText();
                return true;
        }
    }

    private static string? NonEmpty(JsonElement value) => StrictJson.TextOf(value) is { Length: > 0 } text ? text : null;

    private static string? Base64UrlText(JsonElement value) => NonEmpty(value) is { } text && StrictBase64Url.IsInAlphabet(text) ? text : null;

    private static List<string>? TextOrTexts(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return NonEmpty(value) is { } only ? [only] : null;
        }

        List<string> texts = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (NonEmpty(item) is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return texts;
    }

    /// <summary>Whole seconds alone: RFC 7519 allows fractions, the gateway never writes them.</summary>
    private static long? Seconds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long seconds) && seconds is >= 0 and <= LatestTime ? seconds : null;
}
