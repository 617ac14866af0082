using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Http;

/// <summary>What happens to request headers with an underscore in their name.</summary>
internal enum UnderscoreHandling
{
    /// <summary>They are not forwarded.</summary>
    Drop,

    /// <summary>The request is refused with 400.</summary>
    Reject,

    /// <summary>They are forwarded, identity headers' aliases excepted.</summary>
    Allow,
}

/// <summary>The section <c>Headers</c>: the identity headers a destination receives.</summary>
internal sealed record HeadersOptions
{
    public required string UserId { get; init; }
    public required string TenantId { get; init; }
    public required string UserRole { get; init; }
    public required string SessionId { get; init; }
    /// <summary>Further identity headers: the header's name to the claim's name.</summary>
    public required IReadOnlyDictionary<string, string> Claims { get; init; }
    public required UnderscoreHandling Underscore { get; init; }
    /// <summary>Headers of every answer that does not have them already.</summary>
    public IReadOnlyDictionary<string, string> Response { get; init; } = new Dictionary<string, string>();

    /// <summary>How the headers begin that belong to one answer, to the connection, or to the gateway's own rules.</summary>
    private static readonly string[] Own =
    [
        "Accept-Ranges", "Access-Control-", "Age", "Allow", "Connection", "Content-Encoding", "Content-Length", "Content-Range", "Content-Type", "Date",
        "ETag", "Keep-Alive", "Last-Modified", "Location", "Proxy-", "RateLimit-", "Retry-After", "Set-Cookie", "Trailer", "Transfer-Encoding", "Upgrade",
        "WWW-Authenticate", RequestIdentifiers.Name,
    ];

    /// <summary>Every name that is an identity header.</summary>
    public IEnumerable<string> IdentityNames => [UserId, TenantId, UserRole, SessionId, .. Claims.Keys];

    public static HeadersOptions Read(SettingReader reader)
    {
        var options = new HeadersOptions
        {
            UserId = Name(reader, "UserId", "X-User-Id", "The header that carries the user's id (sub)."),
            TenantId = Name(reader, "TenantId", "X-Tenant-Id", "The header that carries the tenant's id."),
            UserRole = Name(reader, "UserRole", "X-User-Role", "The header that carries the user's role."),
            SessionId = Name(reader, "SessionId", "X-Session-Id", "The header that carries the session's id."),
            Claims = reader.Table("Claims", "Further identity headers: header name to the access token's claim, such as \"X-Learner-Id\": \"learner_uid\". Removed from every request and set from the token where it has the claim."),
            Underscore = reader.Choice("Underscore", UnderscoreHandling.Drop, "What happens to request headers with _ in their name: Drop them, Reject the request with 400, or Allow them (an alias of an identity header is dropped all the same)."),
            Response = reader.Table("Response", "Headers that every answer gets which does not have them already, such as \"X-Content-Type-Options\": \"nosniff\" or \"Strict-Transport-Security\": \"max-age=31536000\"."),
        };
        CheckResponse(reader, options.Response);
        foreach (string name in options.Claims.Keys)
        {
            Check(reader, "Claims", name);
        }

        RefuseSameName(reader, options);
        return options;
    }

    private static void RefuseSameName(SettingReader reader, HeadersOptions options)
    {
        (string Setting, string Name)[] all =
        [
            ("UserId", options.UserId), ("TenantId", options.TenantId), ("UserRole", options.UserRole), ("SessionId", options.SessionId),
            .. options.Claims.Keys.Select(name => ($"Claims:{name}", name)),
        ];
        foreach (IGrouping<string, (string Setting, string Name)> same in all.GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            (string setting, string name) = same.Last();
            reader.Error(setting, name, $"names the header that Headers:{same.First().Setting} names already.", "Give every identity header a name of its own.");
        }
    }

    private static void CheckResponse(SettingReader reader, IReadOnlyDictionary<string, string> headers)
    {
        foreach ((string name, string value) in headers)
        {
            if (!FieldNames.IsOrdinary(name) || Array.Exists(Own, own => name.StartsWith(own, StringComparison.OrdinalIgnoreCase)))
            {
                reader.Error($"Response:{name}", value, "is not a header that can be set on every answer.", "Choose one that says nothing about one answer or connection, with letters, digits and hyphens in its name.");
            }
            else if (value.Length > 2000 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                reader.Error($"Response:{name}", value, "is too long or has other characters than visible ASCII and spaces.", "Write at most 2,000 such characters.");
            }
        }
    }

    private static string Name(SettingReader reader, string setting, string @default, string effect)
    {
        string name = reader.Text(setting, @default, effect);
        Check(reader, setting, name);
        return name;
    }

    private static void Check(SettingReader reader, string setting, string name)
    {
        bool fits = name.Length is > 2 and <= 64
            && name.StartsWith("X-", StringComparison.OrdinalIgnoreCase)
            && name.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") < 0
            && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
        if (!fits)
        {
            reader.Error(setting, name, "cannot be the name of an identity header.", "Write X- and then letters, digits and hyphens (64 characters at most); X-Forwarded-* is taken.");
        }
    }
}
