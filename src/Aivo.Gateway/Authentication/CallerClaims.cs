using System.Collections.Frozen;
using System.Text.Json;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Authentication;

/// <summary>
/// What the rules of a policy can compare of one access token: each claim as the texts it stands for. A string, a number and a boolean
/// stand for their text, a list for those of its items, anything else and an empty string for none. Made once per token.
/// </summary>
internal sealed class CallerClaims
{
    private readonly FrozenDictionary<string, string[]> _values;

    private CallerClaims(FrozenDictionary<string, string[]> values)
    {
        _values = values;
        Scopes = [.. Values("scope").SelectMany(scope => scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    /// <summary>The scopes of the claim <c>scope</c>: separated by spaces (RFC 9068, section 2.2.3), or items of a list.</summary>
    public string[] Scopes { get; }

    public static CallerClaims Of(AccessToken token)
    {
        Dictionary<string, string[]> values = new(StringComparer.Ordinal)
        {
            ["sub"] = [token.User.ToString()],
            ["sid"] = [token.Session.ToString()],
            ["jti"] = [token.Id.ToString()],
            ["client_id"] = [token.ClientId],
            ["tenant_id"] = [token.Tenant.ToString()],
            ["role"] = [token.Role],
        };
        foreach ((string name, string text) in token.Claims)
        {
            // No further claim can have one of the names above: the token would not have been accepted.
            string[] texts = token.StructuredClaims.Contains(name) ? Items(text) : [text];
            values.TryAdd(name, [.. texts.Where(item => item.Length > 0)]);
        }

        return new CallerClaims(values.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>The texts of a claim; none where the token does not have it.</summary>
    public string[] Values(string claim) => _values.TryGetValue(claim, out string[]? values) ? values : [];

    private static string[] Items(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(Text).OfType<string>()]
            : [];
    }

    private static string? Text(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.String => StrictJson.TextOf(item),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => item.GetRawText(),
        _ => null,
    };
}
