namespace Aivo.Gateway.Configuration;

/// <summary>
/// The section <c>ReverseProxy</c> as YARP 2.3 reads it (its package's ConfigurationSchema.json). Policies that a program could add
/// to YARP are closed lists here, since the gateway adds none. Transforms are left to YARP's own validation, which is complete.
/// </summary>
internal static class ReverseProxyShapes
{
    private static readonly Shape HeaderMatch = Shape.Section(
        ("Name", Shape.Text),
        ("Values", Shape.Texts),
        ("Mode", Shape.Choice("ExactHeader", "HeaderPrefix", "Contains", "NotContains", "Exists", "NotExists")),
        ("IsCaseSensitive", Shape.Flag)).Needs("Name");

    private static readonly Shape QueryMatch = Shape.Section(
        ("Name", Shape.Text),
        ("Values", Shape.Texts),
        ("Mode", Shape.Choice("Exact", "Contains", "NotContains", "Prefix", "Exists")),
        ("IsCaseSensitive", Shape.Flag)).Needs("Name");

    private static readonly Shape Route = Shape.Section(
        ("ClusterId", Shape.Text),
        ("Order", Shape.Integer(int.MinValue, int.MaxValue)),
        ("MaxRequestBodySize", Shape.Integer(-1, long.MaxValue)),
        ("AuthorizationPolicy", Shape.Text),
        ("RateLimiterPolicy", Shape.Text),
        ("OutputCachePolicy", Shape.Text),
        ("Timeout", Shape.Duration),
        ("TimeoutPolicy", Shape.Text),
        ("CorsPolicy", Shape.Text),
        ("Match", Shape.Section(
            ("Path", Shape.Text),
            ("Hosts", Shape.Texts),
            ("Methods", Shape.Texts),
            ("Headers", Shape.ListOf(HeaderMatch)),
            ("QueryParameters", Shape.ListOf(QueryMatch)))),
        ("Metadata", Shape.TextTable),
        ("Transforms", Shape.ListOf(Shape.TextTable)));

    private static readonly Shape SessionAffinity = Shape.Section(
        ("Enabled", Shape.Flag),
        ("Policy", Shape.Choice("HashCookie", "ArrCookie", "Cookie", "CustomHeader")),
        ("FailurePolicy", Shape.Choice("Redistribute", "Return503Error")),
        ("AffinityKeyName", Shape.Text),
        ("Cookie", Shape.Section(
            ("Domain", Shape.Text),
            ("Path", Shape.Text),
            ("Expiration", Shape.Duration),
            ("MaxAge", Shape.Duration),
            ("SecurePolicy", Shape.Choice("Always", "None", "SameAsRequest")),
            ("HttpOnly", Shape.Flag),
            ("SameSite", Shape.Choice("Lax", "None", "Strict", "Unspecified")),
            ("IsEssential", Shape.Flag))));

    private static readonly Shape HealthCheck = Shape.Section(
        ("Active", Shape.Section(
            ("Enabled", Shape.Flag),
            ("Interval", Shape.Duration),
            ("Timeout", Shape.Duration),
            ("Policy", Shape.Choice("ConsecutiveFailures")),
            ("Path", Shape.Text),
            ("Query", Shape.Text))),
        ("Passive", Shape.Section(
            ("Enabled", Shape.Flag),
            ("Policy", Shape.Choice("TransportFailureRate")),
            ("ReactivationPeriod", Shape.Duration))),
        ("AvailableDestinationsPolicy", Shape.Choice("HealthyAndUnknown", "HealthyOrPanic")));

    private static readonly Shape HttpClient = Shape.Section(
        ("SslProtocols", Shape.ListOf(Shape.Choice("Tls12", "Tls13"))),
        ("DangerousAcceptAnyServerCertificate", Shape.Flag),
        ("MaxConnectionsPerServer", Shape.Integer(1, int.MaxValue)),
        ("EnableMultipleHttp2Connections", Shape.Flag),
        ("RequestHeaderEncoding", Shape.Text),
        ("ResponseHeaderEncoding", Shape.Text),
        ("WebProxy", Shape.Section(
            ("Address", Shape.Url),
            ("BypassOnLocal", Shape.Flag),
            ("UseDefaultCredentials", Shape.Flag))));

    private static readonly Shape HttpRequest = Shape.Section(
        ("ActivityTimeout", Shape.Duration),
        ("Version", Shape.Choice("1.0", "1.1", "2", "2.0", "3", "3.0")),
        ("VersionPolicy", Shape.Choice("RequestVersionExact", "RequestVersionOrLower", "RequestVersionOrHigher")),
        ("AllowResponseBuffering", Shape.Flag));

    private static readonly Shape Destination = Shape.Section(
        ("Address", Shape.Url),
        ("Health", Shape.Url),
        ("Host", Shape.Text),
        ("Metadata", Shape.TextTable)).Needs("Address");

    private static readonly Shape Cluster = Shape.Section(
        ("Destinations", Shape.TableOf(Destination)),
        ("LoadBalancingPolicy", Shape.Choice("PowerOfTwoChoices", "FirstAlphabetical", "Random", "RoundRobin", "LeastRequests")),
        ("SessionAffinity", SessionAffinity),
        ("HealthCheck", HealthCheck),
        ("HttpClient", HttpClient),
        ("HttpRequest", HttpRequest),
        ("Metadata", Shape.TextTable));

    public static readonly Shape All = Shape.Section(
        ("Routes", Shape.TableOf(Route)),
        ("Clusters", Shape.TableOf(Cluster)));
}
