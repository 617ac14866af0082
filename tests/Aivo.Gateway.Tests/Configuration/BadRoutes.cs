namespace Aivo.Gateway.Tests.Configuration;

/// <summary>Wrong values of the section ReverseProxy.</summary>
internal static class BadRoutes
{
    private const string Route = "ReverseProxy:Routes:orders";
    private const string Cluster = "ReverseProxy:Clusters:orders";

    public static readonly BadConfiguration[] All =
    [
        new("a route without a policy", $"{Route}:AuthorizationPolicy", "nobody has said who may use this route", ($"{Route}:AuthorizationPolicy", null)),
        new("a route with an unknown policy", $"{Route}:AuthorizationPolicy", "not a policy that exists", ($"{Route}:AuthorizationPolicy", "staff")),
        new("a route with an empty policy", $"{Route}:AuthorizationPolicy", "is empty", ($"{Route}:AuthorizationPolicy", "")),
        new("a route without a cluster", $"{Route}:ClusterId", "is not set", ($"{Route}:ClusterId", null)),
        new("a route to a missing cluster", $"{Route}:ClusterId", "which has: orders", ($"{Route}:ClusterId", "order")),
        new("a route that matches nothing", $"{Route}:Match", "neither Path nor Hosts", ($"{Route}:Match:Path", null)),
        new("a route over the gateway's own paths", $"{Route}:Match:Path", "under /auth/v1", ($"{Route}:Match:Path", "/auth/v1/{**rest}")),
        new("a route over the gateway's own paths in capitals", $"{Route}:Match:Path", "under /auth/v1", ($"{Route}:Match:Path", "/Auth/V1/login")),
        new("a route over the gateway's own paths without a slash", $"{Route}:Match:Path", "under /auth/v1", ($"{Route}:Match:Path", "auth//v1")),
        new("a route over the published keys", $"{Route}:Match:Path", "jwks.json", ($"{Route}:Match:Path", "/.well-known/jwks.json")),
        new("a route for TRACE", $"{Route}:Match:Methods:0", "always refused", ($"{Route}:Match:Methods:0", "TRACE")),
        new("a method in small letters", $"{Route}:Match:Methods:0", "in capitals", ($"{Route}:Match:Methods:0", "get")),
        new("one method where a list belongs", $"{Route}:Match:Methods", "where a list belongs", ($"{Route}:Match:Methods", "GET")),
        new("a header match without a name", $"{Route}:Match:Headers:0:Name", "is not set", ($"{Route}:Match:Headers:0:Mode", "Exists")),
        new("an unknown mode of a query match", $"{Route}:Match:QueryParameters:0:Mode", "Prefix", ($"{Route}:Match:QueryParameters:0:Name", "a"), ($"{Route}:Match:QueryParameters:0:Mode", "Like")),
        new("a route that matches what another one does", "ReverseProxy:Routes:twin:Match", "the route 'orders' does, and neither comes first",
            ("ReverseProxy:Routes:twin:ClusterId", "orders"), ("ReverseProxy:Routes:twin:AuthorizationPolicy", "default"), ("ReverseProxy:Routes:twin:Match:Path", "/Orders/{**all}")),
        new("a misspelt member of a route", $"{Route}:Polcy", "is not a setting", ($"{Route}:Polcy", "default")),
        new("a misspelt member of a match", $"{Route}:Match:Pathh", "Hosts", ($"{Route}:Match:Pathh", "/x")),
        new("a misspelt member of the section", "ReverseProxy:Route", "Clusters, Routes", ("ReverseProxy:Route:x:ClusterId", "orders")),
        new("an order that is not a number", $"{Route}:Order", "whole number", ($"{Route}:Order", "first")),
        new("a time-out of five days", $"{Route}:Timeout", "bare number would mean days", ($"{Route}:Timeout", "5")),
        .. BadRateLimits.All,
        new("unknown metadata of a route", $"{Route}:Metadata:Authorisation", "Authorization, Claims, Maintenance, Paths, RateLimits, Retry, Roles, RouteClaims, WebSocketToken", ($"{Route}:Metadata:Authorisation", "Forward")),
        new("an unknown treatment of Authorization", $"{Route}:Metadata:Authorization", "Internal, Forward, Strip", ($"{Route}:Metadata:Authorization", "Keep")),
        new("an unknown treatment of odd paths", $"{Route}:Metadata:Paths", "Strict, Canonical", ($"{Route}:Metadata:Paths", "Loose")),
        new("an unknown retry", $"{Route}:Metadata:Retry", "Connect, None", ($"{Route}:Metadata:Retry", "Always")),
        new("a maintenance in words", $"{Route}:Metadata:Maintenance", "from 1 to 86400", ($"{Route}:Metadata:Maintenance", "soon")),
        new("a maintenance of no time", $"{Route}:Metadata:Maintenance", "from 1 to 86400", ($"{Route}:Metadata:Maintenance", "0")),
        new("an internal token where nobody is known", $"{Route}:Metadata:Authorization", "nobody is known", ($"{Route}:AuthorizationPolicy", "anonymous"), ($"{Route}:Metadata:Authorization", "Internal")),
        new("a transform over the internal token", $"{Route}:Transforms", "Authorization: Strip", ($"{Route}:Transforms:0:RequestHeader", "Authorization"), ($"{Route}:Transforms:0:Set", "Basic x")),
        new("a cluster with the audience of access tokens", "ReverseProxy:Clusters:aud", "audience of access tokens", ("ReverseProxy:Clusters:aud:Destinations:one:Address", "http://aud/"), ("Tokens:Audience", "aud")),
        new("a list as metadata", $"{Route}:Metadata:Authorization", "where a single value belongs", ($"{Route}:Metadata:Authorization:0", "Strip")),
        new("a rate limiter that nothing defines", $"{Route}:RateLimiterPolicy", "this version has none", ($"{Route}:RateLimiterPolicy", "slow")),
        new("an output cache that nothing defines", $"{Route}:OutputCachePolicy", "this version has none", ($"{Route}:OutputCachePolicy", "default")),
        new("a cluster without destinations", $"{Cluster}:Destinations", "is empty", ($"{Cluster}:Destinations:one:Address", null), ($"{Cluster}:LoadBalancingPolicy", "Random")),
        new("a destination without an address", $"{Cluster}:Destinations:one:Address", "is not set", ($"{Cluster}:Destinations:one:Address", null), ($"{Cluster}:Destinations:one:Host", "orders")),
        new("a destination without a scheme", $"{Cluster}:Destinations:one:Address", "absolute http or https", ($"{Cluster}:Destinations:one:Address", "orders:8080")),
        new("a destination on the disk", $"{Cluster}:Destinations:one:Address", "absolute http or https", ($"{Cluster}:Destinations:one:Address", "file:///etc/passwd")),
        new("a destination with a password", $"{Cluster}:Destinations:one:Address", "without user", ($"{Cluster}:Destinations:one:Address", "http://root:hunter2@orders/")),
        new("a balancing that does not exist", $"{Cluster}:LoadBalancingPolicy", "RoundRobin", ($"{Cluster}:LoadBalancingPolicy", "Sticky")),
        new("a probe every five days", $"{Cluster}:HealthCheck:Active:Interval", "is not a duration", ($"{Cluster}:HealthCheck:Active:Interval", "5")),
        new("an old TLS towards a destination", $"{Cluster}:HttpClient:SslProtocols:0", "Tls12, Tls13", ($"{Cluster}:HttpClient:SslProtocols:0", "Tls11")),
        new("any certificate of a destination", $"{Cluster}:HttpClient:DangerousAcceptAnyServerCertificate", "ASVS 12.3", ($"{Cluster}:HttpClient:DangerousAcceptAnyServerCertificate", "true")),
        new("a misspelt member of a cluster", $"{Cluster}:HttpClients", "HttpClient", ($"{Cluster}:HttpClients:Version", "2")),
        new("a cluster that is a text", "ReverseProxy:Clusters:other", "where a section belongs", ("ReverseProxy:Clusters:other", "http://other/")),
        new("a version that does not exist", $"{Cluster}:HttpRequest:Version", "1.1", ($"{Cluster}:HttpRequest:Version", "4")),
    ];
}
