using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tokens;

/// <summary>The signature algorithm of access tokens (RFC 7518, section 3.1).</summary>
internal enum SigningAlgorithm
{
    ES256,
    PS256,
    RS256,
}

/// <summary>The section <c>Tokens</c>.</summary>
internal sealed record TokensOptions
{
    /// <summary>Registered or gateway-made claim names, to which no user attribute can be mapped.</summary>
    private static readonly string[] Taken =
        ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "client_id", "tenant_id", "role", "auth_time", "cnf", "act", "azp", "nonce", "acr", "amr", "typ", "n", "label"];

    /// <summary>Empty when not set: refused outside Development.</summary>
    public required string Issuer { get; init; }
    public required string Audience { get; init; }
    public required string ClientId { get; init; }
    public required TimeSpan AccessTokenLifetime { get; init; }

    /// <summary>In per cent of the life, see <see cref="AccessTokenExpiry"/>.</summary>
    public required int ExpiryJitter { get; init; }
    public required SigningAlgorithm Algorithm { get; init; }
    public required string? SigningKeys { get; init; }
    public required string? RefreshKeys { get; init; }
    public required string? ActiveKey { get; init; }
    public required string? ActiveRefreshKey { get; init; }
    /// <summary>The claim's name to the attribute's name.</summary>
    public required IReadOnlyDictionary<string, string> Claims { get; init; }
    public required int CacheSize { get; init; }
    public InternalTokenOptions Internal { get; init; } = new();

    public static TokensOptions Read(SettingReader reader)
    {
        var options = new TokensOptions
        {
            Issuer = reader.OptionalText("Issuer", "The iss claim, an https URL (http for a loopback host). Must be set outside Development.") ?? "",
            Audience = reader.OptionalText("Audience", "The aud claim of access tokens: the API behind the gateway. Must be set outside Development.") ?? "",
            ClientId = reader.Text("ClientId", "aivo-sdk", "The client_id claim of access tokens (RFC 9068, section 2.2)."),
            AccessTokenLifetime = reader.Duration("AccessTokenLifetime", TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), "How long an access token is valid at most."),
            ExpiryJitter = reader.Integer("ExpiryJitter", 5, 0, 5, "By how many per cent of AccessTokenLifetime an access token may expire earlier, each by its own share, so that clients which signed in together do not refresh together."),
            Algorithm = reader.Choice("Algorithm", SigningAlgorithm.ES256, "The one algorithm with which access tokens are signed and accepted; every signing key must fit it."),
            SigningKeys = reader.OptionalText("SigningKeys", "An absolute path: the directory of the signing keys, one PEM file each (*.pem). Every key is accepted and published; one signs. Must be set outside Development."),
            RefreshKeys = reader.OptionalText("RefreshKeys", "An absolute path: the directory of the refresh token keys, files (*.key) of exactly 32 random bytes. Every key is accepted; one makes new sessions. Must be set outside Development."),
            ActiveKey = reader.OptionalText("ActiveKey", "The file name without .pem of the key that signs. Needed when the directory holds more than one private key."),
            ActiveRefreshKey = reader.OptionalText("ActiveRefreshKey", "The file name without .key of the key under which new sessions are made. Needed when the directory holds more than one."),
            Claims = reader.Table("Claims", "Further claims of access tokens: claim name to the user attribute it comes from, such as \"learner_uid\": \"learnerUid\". Registered names cannot be mapped."),
            CacheSize = reader.Integer("CacheSize", 20_000, 100, 1_000_000, "How many validated access tokens a node remembers at least (twice as many at most), so that each is verified once; about 2 KB each."),
            Internal = reader.Section("Internal", InternalTokenOptions.Read),
        };
        foreach ((string claim, string attribute) in options.Claims)
        {
            // In any case: two claims that differ in case only would be taken for each other (configuration keys ignore case, too).
            if (Taken.Contains(claim, StringComparer.OrdinalIgnoreCase))
            {
                reader.Error($"Claims:{claim}", attribute, "maps an attribute to a claim that the gateway itself sets.", "Choose another claim name.");
            }
            else if (claim.Length > 64 || !claim.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.'))
            {
                reader.Error($"Claims:{claim}", attribute, "has a claim name that is too long or has other characters than letters, digits, '_', '-' and '.'.", "Choose a plain claim name of at most 64 characters.");
            }
        }

        foreach ((string name, string? key) in new[] { ("ActiveKey", options.ActiveKey), ("ActiveRefreshKey", options.ActiveRefreshKey) })
        {
            if (key is not null && (Path.GetFileName(key) != key || key is "." or ".."))
            {
                reader.Error(name, key, "is a path.", "Write the file's name alone, without its folder and without its ending.");
            }
        }

        foreach ((string name, string? path) in new[] { ("SigningKeys", options.SigningKeys), ("RefreshKeys", options.RefreshKeys) })
        {
            if (path is not null && !Path.IsPathFullyQualified(path))
            {
                reader.Error(name, path, "is not an absolute path.", "Write a path from the root.");
            }
        }

        if (options.Issuer.Length > 0 && (!Uri.TryCreate(options.Issuer, UriKind.Absolute, out Uri? issuer)
            || (issuer.Scheme != "https" && !(issuer.Scheme == "http" && issuer.IsLoopback)) || issuer.UserInfo.Length > 0 || issuer.Query.Length > 0 || issuer.Fragment.Length > 0))
        {
            reader.Error("Issuer", options.Issuer, "is not an https URL.", "Write an https URL without user, query and fragment (RFC 8414, section 2).");
        }

        return options;
    }
}
