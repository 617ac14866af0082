namespace Aivo.Gateway.Tests.Configuration;

/// <summary>Wrong rate limits, and wrong references to them.</summary>
internal static class BadRateLimits
{
    private const string Limit = "Gateway:RateLimits:api";
    private const string Metadata = "ReverseProxy:Routes:orders:Metadata:RateLimits";
    private const string Policy = "ReverseProxy:Routes:orders:AuthorizationPolicy";

    private static readonly (string, string?) Good = ($"{Limit}:Windows:0", "10/00:01:00");

    public static readonly BadConfiguration[] All =
    [
        new("a limit without windows", $"{Limit}:Windows", "would limit nothing", ($"{Limit}:Partition", "User")),
        new("a window in words", $"{Limit}:Windows", "10/00:01:00 for ten requests a minute", ($"{Limit}:Windows:0", "10/min")),
        new("a window that is a number", $"{Limit}:Windows", "is not a number of requests and a duration", ($"{Limit}:Windows:0", "10")),
        new("a window of negative permits", $"{Limit}:Windows", "is not a number of requests and a duration", ($"{Limit}:Windows:0", "-1/00:01:00")),
        new("a window that takes nothing", $"{Limit}:Windows", "out of range", ($"{Limit}:Windows:0", "0/00:01:00")),
        new("a window of half a second", $"{Limit}:Windows", "00:00:01 to 1.00:00:00", ($"{Limit}:Windows:0", "10/00:00:00.500")),
        new("a window of two days", $"{Limit}:Windows", "00:00:01 to 1.00:00:00", ($"{Limit}:Windows:0", "10/2.00:00:00")),
        new("two windows of one length", $"{Limit}:Windows", "is as long as 10/00:01:00", Good, ($"{Limit}:Windows:1", "20/00:01:00")),
        new("a longer window that never limits", $"{Limit}:Windows", "limits nothing beside 10/00:01:00", Good, ($"{Limit}:Windows:1", "600/01:00:00")),
        new("a shorter window that never limits", $"{Limit}:Windows", "limits nothing beside 10/01:00:00", Good, ($"{Limit}:Windows:1", "10/01:00:00")),
        new("a partition that does not exist", $"{Limit}:Partition", "Header:<name>", Good, ($"{Limit}:Partition", "Device")),
        new("a partition by its number", $"{Limit}:Partition", "Header:<name>", Good, ($"{Limit}:Partition", "1")),
        new("a partition by a header without a name", $"{Limit}:Partition", "Header:<name>", Good, ($"{Limit}:Partition", "Header:")),
        new("a partition by an identity header", $"{Limit}:Partition", "is not true", Good, ($"{Limit}:Partition", "Header:x_user_id")),
        new("a distributed limit without Redis", $"{Limit}:Scope", "Gateway:Store is not Redis", Good, ($"{Limit}:Scope", "Distributed")),
        new("a scope that does not exist", $"{Limit}:Scope", "Node, Distributed", Good, ($"{Limit}:Scope", "Global")),
        new("a misspelt member of a limit", $"{Limit}:Window", "Windows", Good, ($"{Limit}:Window", "10/00:01:00")),
        new("a limit that does not exist", Metadata, "Define it under Gateway:RateLimits, which has: api", Good, (Metadata, "apis")),
        new("an empty name among limits", Metadata, "is not a rate limit that exists", Good, (Metadata, "api,")),
        new("one limit twice", Metadata, "is named twice", Good, (Metadata, "api, API")),
        new("a user's limit where nobody is known", Metadata, "nobody is known on an anonymous route", Good, ($"{Limit}:Partition", "User"), (Policy, "anonymous"), (Metadata, "api")),
    ];
}
