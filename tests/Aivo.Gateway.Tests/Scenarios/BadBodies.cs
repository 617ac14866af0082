using System.Text;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>A request body that an endpoint of <c>/auth/v1</c> must refuse with 422, and the field it must name.</summary>
internal sealed record BadBody(string Name, byte[] Bytes, string? ContentType, string Field)
{
    public override string ToString() => Name;
}

/// <summary>Wrong bodies by class. <c>A</c> and <c>B</c> are the names of the endpoint's string members.</summary>
internal static class BadBodies
{
    private const string Json = "application/json";

    /// <summary>What is wrong with any body, whatever the endpoint; <paramref name="good"/> is a body that would be accepted.</summary>
    public static IEnumerable<BadBody> OfAnyEndpoint(string good)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(good);
        foreach (string? type in new[] { null, "", "text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonp", "application/problem+json", "application/json-patch+json", "application/json; charset=utf-16", "application/json; charset=iso-8859-1", "multipart/form-data; boundary=x", "json", "application / json" })
        {
            yield return new BadBody($"content type '{type}'", bytes, type, "$");
        }

        yield return new BadBody("empty", [], Json, "$");
        yield return new BadBody("white space", " \r\n\t"u8.ToArray(), Json, "$");
        yield return new BadBody("byte order mark", [0xEF, 0xBB, 0xBF, .. bytes], Json, "$");
        yield return new BadBody("UTF-16", Encoding.Unicode.GetBytes(good), Json, "$");
        yield return new BadBody("invalid UTF-8 in a value", Latin($"{{\"x\":\"\u00ff\",{good[1..]}"), Json, "$");
        yield return new BadBody("overlong UTF-8", [.. "{\"x\":\""u8, 0xC0, 0xAF, .. "\","u8, .. bytes[1..]], Json, "$");
        yield return new BadBody("UTF-8 of a surrogate", [.. "{\"x\":\""u8, 0xED, 0xA0, 0x80, .. "\","u8, .. bytes[1..]], Json, "$");
        yield return new BadBody("NUL in front", [0, .. bytes], Json, "$");
        yield return new BadBody("trailing bytes", [.. bytes, .. "x"u8], Json, "$");
        yield return new BadBody("trailing NUL", [.. bytes, 0], Json, "$");
        yield return new BadBody("two objects", [.. bytes, .. bytes], Json, "$");
        yield return new BadBody("cut off", bytes[..^1], Json, "$");
        yield return new BadBody("too long", [.. bytes[..^1], .. Encoding.ASCII.GetBytes($",\"x\":\"{new string('x', 70_000)}\"}}")], Json, "$");
        yield return new BadBody("long white space", [.. Enumerable.Repeat((byte)' ', 70_000), .. bytes], Json, "$");
        yield return new BadBody("too deep", Encoding.ASCII.GetBytes($"{{\"x\":{new string('[', 9)}{new string(']', 9)},{good[1..]}"), Json, "$");
        yield return new BadBody("very deep", Encoding.ASCII.GetBytes(new string('[', 30_000)), Json, "$");
        foreach (string text in new[] { "null", "true", "17", "\"text\"", "[]", "[{}]", "{", "}", "{]", "{,}", "nul", "'single'", "{'a':'b'}", "{a:1}", "// comment\n{}", "{}/* comment */", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":\"\t\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\" 1}", "{\"a\":}", "{\"a\":1 \"b\":2}", "email=a@example.com&password=secret" })
        {
            yield return new BadBody($"text {text.ReplaceLineEndings(" ")}", Encoding.UTF8.GetBytes(text), Json, "$");
        }

        yield return new BadBody("duplicate unknown member", Encoding.UTF8.GetBytes($"{{\"x\":1,\"x\":1,{good[1..]}"), Json, "$");
        yield return new BadBody("nested duplicate", Encoding.UTF8.GetBytes($"{{\"x\":{{\"y\":1,\"y\":2}},{good[1..]}"), Json, "$");
        yield return new BadBody("duplicate by escape", Encoding.UTF8.GetBytes($"{{\"x\":1,\"\\u0078\":1,{good[1..]}"), Json, "$");
    }

    /// <summary>What is wrong with one string member; the others are good.</summary>
    public static IEnumerable<BadBody> OfMember(string name, Func<string?, string> bodyWith)
    {
        yield return new BadBody($"{name} missing", Encoding.UTF8.GetBytes(bodyWith(null)), Json, name);
        foreach (string value in new[] { "null", "true", "17", "1.5e3", "[]", "[\"a\"]", "{}", "{\"$ref\":\"x\"}" })
        {
            yield return new BadBody($"{name} is {value}", Encoding.UTF8.GetBytes(bodyWith(value)), Json, name);
        }

        yield return new BadBody($"{name} is half a surrogate pair", Encoding.UTF8.GetBytes(bodyWith("\"aaaaaaaaaa\\ud800\"")), Json, name);
        string upper = char.ToUpperInvariant(name[0]) + name[1..];
        yield return new BadBody($"{name} in another case", Encoding.UTF8.GetBytes(bodyWith("\"someone@example.com\"").Replace($"\"{name}\"", $"\"{upper}\"", StringComparison.Ordinal)), Json, name);
    }

    private static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);
}
