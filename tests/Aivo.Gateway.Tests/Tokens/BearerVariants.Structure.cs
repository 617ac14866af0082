using System.Text;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Tests.Tokens;

internal static partial class BearerVariants
{
    private static IEnumerable<BearerVariant> Structure() =>
    [
        Bad("the word null", TokenRefusals.Malformed, (_, _) => "null"),
        Bad("in quotation marks", TokenRefusals.Malformed, (good, _) => $"\"{good}\""),
        Bad("one part", TokenRefusals.Malformed, (good, _) => good.Replace(".", "", StringComparison.Ordinal)),
        Bad("two parts", TokenRefusals.Malformed, (good, _) => good[..good.LastIndexOf('.')]),
        Bad("four parts", TokenRefusals.Malformed, (good, _) => $"{good}.AAAA"),
        Bad("five parts", TokenRefusals.Malformed, (good, _) => $"{good}.AAAA.AAAA"),
        Bad("dots alone", TokenRefusals.Malformed, (_, _) => ".."),
        Bad("dot at the front", TokenRefusals.Malformed, (good, _) => $".{good}"),
        Bad("dot at the end", TokenRefusals.Malformed, (good, _) => $"{good}."),
        Bad("empty header", TokenRefusals.Malformed, (good, _) => good[good.IndexOf('.', StringComparison.Ordinal)..]),
        Bad("empty payload", TokenRefusals.Malformed, (good, kit) => kit.SignEncoded(good.Split('.')[0], "")),
        Bad("empty signature", TokenRefusals.Malformed, (good, _) => good[..(good.LastIndexOf('.') + 1)]),
        Bad("encrypted token", TokenRefusals.Malformed, (good, kit) =>
            $"{IssuingKit.Encode(Encoding.ASCII.GetBytes($$"""{"alg":"ECDH-ES","enc":"A128GCM","typ":"at+jwt","kid":"{{kit.Keys.Active.KeyId}}"}"""))}..AAAAAAAAAAAAAAAA.{good.Split('.')[1]}.AAAAAAAAAAAAAAAAAAAAAA"),
        Bad("JSON serialisation", TokenRefusals.Malformed, (good, _) => $$"""{"payload":"{{good.Split('.')[1]}}"}"""),
        Bad("longer than the cap by its signature", TokenRefusals.TooLong, (good, _) => good + new string('A', CompactToken.MaximumLength)),
        Bad("longer than the cap but well signed", TokenRefusals.TooLong, (good, kit) =>
            kit.Change(good, payload: claims => claims["padding"] = new string('x', CompactToken.MaximumLength))),
        Bad("refresh token", TokenRefusals.Algorithm, (_, kit) => kit.RefreshToken()),
        Bad("padding after the header", TokenRefusals.Malformed, (good, kit) => kit.SignEncoded($"{good.Split('.')[0]}=", good.Split('.')[1])),
        Bad("padding after the payload", TokenRefusals.Malformed, (good, kit) => kit.SignEncoded(good.Split('.')[0], $"{good.Split('.')[1]}==")),
        Bad("padding after the signature", TokenRefusals.Malformed, (good, _) => $"{good}=="),
        Bad("the alphabet of plain base64", TokenRefusals.Malformed, (good, kit) =>
            kit.SignEncoded(good.Split('.')[0], Convert.ToBase64String("{\"a\":\"???>>>\"}"u8).TrimEnd('='))),
        Bad("unused bits set in the signature", TokenRefusals.Malformed, (good, _) => WithUnusedBits(good)),
        Bad("unused bits set in the payload", TokenRefusals.Malformed, (good, kit) =>
            kit.SignEncoded(good.Split('.')[0], WithUnusedBits(PayloadWithUnusedBits(good)))),
        Bad("a length no base64 has", TokenRefusals.Malformed, (good, kit) => kit.SignEncoded(good.Split('.')[0], "AAAAA")),
        Bad("percent-encoded dots", TokenRefusals.Malformed, (good, _) => good.Replace(".", "%2E", StringComparison.Ordinal)),
        Bad("a character outside the alphabet", TokenRefusals.Malformed, (good, kit) => kit.SignEncoded(good.Split('.')[0], $"{good.Split('.')[1]}!AA")),
    ];

    private static IEnumerable<BearerVariant> Json() =>
    [
        Bad("duplicate alg", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, header: text => Insert(text, "\"alg\":\"ES256\","))),
        Bad("duplicate alg by an escape", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, header: text => Insert(text, "\"\\u0061lg\":\"none\","))),
        Bad("duplicate kid", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, header: text => Insert(text, "\"kid\":\"x\","))),
        Bad("duplicate sub", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, "\"sub\":\"x\","))),
        Bad("duplicate member in a claim", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, "\"x\":{\"a\":1,\"a\":2},"))),
        Bad("bytes after the header's object", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, header: text => $"{text}{{}}")),
        Bad("bytes after the payload's object", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"{text}x")),
        Bad("white space after the payload's object", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"{text}\n")),
        Bad("white space before the payload's object", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $" {text}")),
        Bad("byte order mark", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"\uFEFF{text}")),
        Bad("comment", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, "/* x */"))),
        Bad("trailing comma", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"{text[..^1]},}}")),
        Bad("nested too deep", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, $"\"x\":{new string('[', 8)}{new string(']', 8)},"))),
        Bad("header is an array", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, header: text => $"[{text}]")),
        Bad("payload is an array", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"[{text}]")),
        Bad("payload is a string", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: _ => "\"x\"")),
        Bad("payload is not JSON", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: _ => "{sub}")),
        Bad("payload is cut off", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => $"{text[..30]}}}")),
        Bad("invalid UTF-8", TokenRefusals.Malformed, (good, kit) => kit.Sign(IssuingKit.Part(good, 0), [.. IssuingKit.Part(good, 1)[..^1], .. ",\"x\":\""u8, 0xC3, 0x28, .. "\"}"u8])),
        Bad("overlong UTF-8", TokenRefusals.Malformed, (good, kit) => kit.Sign(IssuingKit.Part(good, 0), [.. IssuingKit.Part(good, 1)[..^1], .. ",\"x\":\""u8, 0xC0, 0xAF, .. "\"}"u8])),
        Bad("half of a surrogate pair in a name", TokenRefusals.Malformed, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, "\"\\ud800\":1,"))),
        Bad("half of a surrogate pair in a value", TokenRefusals.Claims, (good, kit) => kit.ChangeText(good, payload: text => Insert(text, "\"x\":\"\\ud800\","))),
    ];

    private static string Insert(string jsonObject, string member) => $"{{{member}{jsonObject[1..]}";

    /// <summary>The same bytes to a lenient decoder, spelt otherwise.</summary>
    private static string WithUnusedBits(string text)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return text[..^1] + Alphabet[Alphabet.IndexOf(text[^1], StringComparison.Ordinal) | 1];
    }

    /// <summary>The payload with as much white space inside as makes its last base64 character carry unused bits.</summary>
    private static string PayloadWithUnusedBits(string good)
    {
        byte[] payload = IssuingKit.Part(good, 1);
        return IssuingKit.Encode(payload.Length % 3 == 0 ? [.. "{ "u8, .. payload.AsSpan(1)] : payload);
    }
}
