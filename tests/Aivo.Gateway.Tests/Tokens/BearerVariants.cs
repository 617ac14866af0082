using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tests.Tokens;

/// <summary>One value of an Authorization header that must be refused, made from a token that would be accepted.</summary>
/// <param name="Name">Unique; the test's name.</param>
/// <param name="Code">The denial's code: <c>invalid_token</c> or <c>unauthenticated</c>.</param>
/// <param name="Reason">The reason in log and metric; null where the header is refused before a token is looked at.</param>
/// <param name="Header">Makes the whole value: visible ASCII, spaces and tabs, so that it can be sent over a socket.</param>
internal sealed record BearerVariant(string Name, string Code, string? Reason, Func<string, IssuingKit, string> Header);

/// <summary>
/// Bearer credentials that must be refused, by class of attack (RFC 8725, RFC 6750, RFC 9110). Nothing in them hangs on a second more or
/// less, so the same table serves tests on virtual time and over sockets.
/// </summary>
internal static partial class BearerVariants
{
    public static IReadOnlyList<BearerVariant> All { get; } = [.. Schemes(), .. Structure(), .. Json(), .. Headers(), .. Signatures(), .. Claims()];

    public static BearerVariant Named(string name) => All.Single(variant => variant.Name == name);

    private static BearerVariant None(string name, Func<string, string> header) =>
        new(name, Denial.Unauthenticated.Code, null, (good, _) => header(good));

    private static BearerVariant NotOne(string name, Func<string, string> header) =>
        new(name, Denial.InvalidToken.Code, null, (good, _) => header(good));

    private static BearerVariant Bad(string name, string reason, Func<string, IssuingKit, string> token) =>
        new(name, Denial.InvalidToken.Code, reason, (good, kit) => $"Bearer {token(good, kit)}");

    private static IEnumerable<BearerVariant> Schemes() =>
    [
        None("empty value", _ => ""),
        None("scheme alone", _ => "Bearer"),
        None("scheme and a space", _ => "Bearer "),
        None("Basic credentials", _ => "Basic bGVhcm5lcjpzZWNyZXQ="),
        None("scheme DPoP", good => $"DPoP {good}"),
        None("scheme Token", good => $"Token {good}"),
        None("token without a scheme", good => good),
        None("no space after the scheme", good => $"Bearer{good}"),
        None("tab after the scheme", good => $"Bearer\t{good}"),
        None("equals sign after the scheme", good => $"Bearer={good}"),
        None("colon after the scheme", good => $"Bearer: {good}"),
        None("another scheme first", good => $"Basic x, Bearer {good}"),
        NotOne("two tokens by a space", good => $"Bearer {good} {good}"),
        NotOne("two tokens by a comma", good => $"Bearer {good},{good}"),
        NotOne("two credentials in one value", good => $"Bearer {good}, Bearer {good}"),
        NotOne("scheme twice", good => $"Bearer Bearer {good}"),
        NotOne("a parameter after the token", good => $"Bearer {good}, realm=\"x\""),
        NotOne("a space in the token", good => $"Bearer {good[..20]} {good[20..]}"),
        NotOne("a tab in the token", good => $"Bearer {good[..20]}\t{good[20..]}"),
        NotOne("JSON serialisation with a space", _ => "Bearer {\"payload\": \"e30\"}"),
    ];
}
