namespace Aivo.Gateway.Tests.Configuration;

/// <summary>CORS policies that do not hold.</summary>
internal static class BadCorsPolicies
{
    private const string Route = "ReverseProxy:Routes:orders";
    private const string Policy = "Gateway:CorsPolicies:apps";

    public static readonly BadConfiguration[] All =
    [
        new("a CORS policy that nothing defines", $"{Route}:CorsPolicy", "Define it under Gateway:CorsPolicies", ($"{Route}:CorsPolicy", "default")),
        new("a CORS policy by a wrong name", $"{Route}:CorsPolicy", "which has: apps", ($"{Policy}:Origins:0", "https://app.example.com"), ($"{Route}:CorsPolicy", "app")),
        new("a CORS policy named disable", "Gateway:CorsPolicies:Disable", "means something else already", ("Gateway:CorsPolicies:Disable:Origins:0", "https://app.example.com")),
        new("a CORS policy without origins", $"{Policy}:Origins", "would allow nobody", ($"{Policy}:AllowCredentials", "true")),
        new("a CORS origin with a path", $"{Policy}:Origins", "is not an origin", ($"{Policy}:Origins:0", "https://app.example.com/")),
        new("a CORS origin without a scheme", $"{Policy}:Origins", "is not an origin", ($"{Policy}:Origins:0", "app.example.com")),
        new("a CORS origin that is null", $"{Policy}:Origins", "is not an origin", ($"{Policy}:Origins:0", "null")),
        new("every CORS origin with credentials", $"{Policy}:Origins", "every page on the web", ($"{Policy}:Origins:0", "*"), ($"{Policy}:AllowCredentials", "true")),
        new("every CORS origin and one more", $"{Policy}:Origins", "others are written beside it", ($"{Policy}:Origins:0", "*"), ($"{Policy}:Origins:1", "https://app.example.com")),
        new("every CORS header", $"{Policy}:Headers", "* is not taken", ($"{Policy}:Origins:0", "https://app.example.com"), ($"{Policy}:Headers:0", "*")),
    ];
}
