using System.Buffers;
using System.Text;
using Aivo.Gateway.Http;

namespace Aivo.Gateway.Forwarding;

/// <summary>The identity headers of one access token, encoded once, so that a request sets them without building a string.</summary>
internal sealed class IdentityHeaders
{
    private static readonly SearchValues<char> Unencoded = SearchValues.Create(
        "!\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private IdentityHeaders(KeyValuePair<string, string>[] values) => Values = values;

    /// <summary>Header name and encoded value, ready to send.</summary>
    public KeyValuePair<string, string>[] Values { get; }

    /// <param name="claims">The token's other claims; those that <see cref="HeadersOptions.Claims"/> maps become headers.</param>
    public static IdentityHeaders Create(
        HeadersOptions options, string userId, string tenantId, string role, string sessionId, IReadOnlyDictionary<string, string> claims)
    {
        List<KeyValuePair<string, string>> values =
        [
            new(options.UserId, Encode(userId)),
            new(options.TenantId, Encode(tenantId)),
            new(options.UserRole, Encode(role)),
            new(options.SessionId, Encode(sessionId)),
        ];
        foreach ((string header, string claim) in options.Claims)
        {
            string? value = claim switch
            {
                "sub" => userId,
                "sid" => sessionId,
                "tenant_id" => tenantId,
                "role" => role,
                _ => claims.GetValueOrDefault(claim),
            };
            if (value is not null)
            {
                values.Add(new(header, Encode(value)));
            }
        }

        return new IdentityHeaders([.. values]);
    }

    /// <summary>
    /// Visible ASCII but <c>%</c> stands for itself; every other byte of the UTF-8 form, spaces and <c>%</c> among them, becomes
    /// <c>%XX</c>. So no CR, LF, NUL or non-ASCII byte can pass (the HTTP client would write a line break of a claim as it is), and
    /// percent-decoding gives the claim back exactly.
    /// </summary>
    public static string Encode(string value)
    {
        if (value.AsSpan().IndexOfAnyExcept(Unencoded) < 0)
        {
            return value;
        }

        var text = new StringBuilder(value.Length + 16);
        foreach (byte octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet < 0x80 && Unencoded.Contains((char)octet))
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }
}
