using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// Makes the tokens by which a destination learns who calls, in place of the client's own: good for one cluster and for a minute, and
/// verified by the published keys. The type is its own, so that neither kind passes for the other (RFC 8725, section 3.11), and the
/// gateway itself accepts none (docs/adr/0019).
/// </summary>
internal sealed class InternalTokenIssuer(SigningKeyRing keys, TokensOptions options, TimeProvider time, GatewayMetrics metrics)
{
    public const string Type = "internal+jwt";

    /// <summary>How many of them are kept for one caller.</summary>
    public int ClustersPerToken => options.Internal.ClustersPerToken;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>A token signed by the active key. It costs a signature: only for a request that has passed every check.</summary>
    /// <param name="cluster">The one cluster that the token is for.</param>
    public InternalToken Issue(AccessToken caller, string cluster)
    {
        DateTimeOffset now = Now;
        DateTimeOffset latest = now + options.Internal.Lifetime;
        bool isLast = caller.ExpiresAt <= latest;
        long expires = (isLast ? caller.ExpiresAt : latest).ToUnixTimeSeconds();

        // Within the tolerance after its expiry an access token still passes. The internal token has expired then too, and whether to
        // tolerate that is for the destination to say.
        long issued = Math.Min(now.ToUnixTimeSeconds(), expires - 1);
        SigningKey key = keys.Active;
        string signed = $"{key.EncodedInternalHeader}.{Base64Url.EncodeToString(PayloadOf(caller, cluster, issued, expires))}";
        string signature = Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)));
        metrics.InternalToken(cluster);

        // One that ends with the access token is not made again: the next would end with it too.
        DateTimeOffset renewAt = isLast ? DateTimeOffset.MaxValue : now + (options.Internal.Lifetime * 0.9);
        return new InternalToken(cluster, $"Bearer {signed}.{signature}", renewAt);
    }

    private byte[] PayloadOf(AccessToken caller, string cluster, long issued, long expires)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("iss", options.Issuer);
        json.WriteString("sub", caller.User.ToString());
        json.WriteString("aud", options.Internal.AudiencePrefix + cluster);
        json.WriteNumber("exp", expires);
        json.WriteNumber("iat", issued);
        json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
        json.WriteString("sid", caller.Session.ToString());
        json.WriteString("client_id", caller.ClientId);
        json.WriteString("tenant_id", caller.Tenant.ToString());
        json.WriteString("role", caller.Role);
        json.WriteNumber("auth_time", caller.AuthenticatedAt.ToUnixTimeSeconds());
        foreach ((string claim, string value) in caller.Claims)
        {
            json.WritePropertyName(claim);
            if (caller.StructuredClaims.Contains(claim) || caller.LiteralClaims.Contains(claim))
            {
                json.WriteRawValue(value);
            }
            else
            {
                json.WriteStringValue(value);
            }
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
