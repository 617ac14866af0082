namespace Aivo.Gateway.Hosting;

/// <summary>
/// What makes <c>dotnet run</c> work without any configuration, in Development only; every source overrides it. Keys are not among
/// it: those that are not set are generated and kept in the data directory.
/// </summary>
internal static class DevelopmentDefaults
{
    /// <summary>A name that never resolves (RFC 6761, section 6.4); the address of the sample destination takes its place.</summary>
    public const string SampleAddress = "http://sample.invalid/";

    public static readonly IReadOnlyDictionary<string, string?> Values = new Dictionary<string, string?>
    {
        ["urls"] = "http://localhost:8080",
        ["AllowedHosts"] = "localhost;127.0.0.1;[::1]",
        ["Gateway:Store"] = "Memory",
        ["Gateway:ManagementAddress"] = "127.0.0.1",
        ["Users:Provider"] = "Sqlite",
        ["Tokens:Issuer"] = "http://localhost:8080",
        ["Tokens:Audience"] = "aivo-development",
        ["Tokens:Claims:learner_uid"] = "learnerUid",
        ["ReverseProxy:Routes:demo:ClusterId"] = "sample",
        ["ReverseProxy:Routes:demo:AuthorizationPolicy"] = "default",
        ["ReverseProxy:Routes:demo:Match:Path"] = "/demo/{**rest}",
        ["ReverseProxy:Routes:public:ClusterId"] = "sample",
        ["ReverseProxy:Routes:public:AuthorizationPolicy"] = "anonymous",
        ["ReverseProxy:Routes:public:Match:Path"] = "/public/{**rest}",
        ["ReverseProxy:Clusters:sample:Destinations:sample:Address"] = SampleAddress,
    };
}
