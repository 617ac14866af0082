using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Aivo.Gateway.Http;

/// <summary>
/// Takes the client's address, scheme and host from <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>, from configured proxies
/// alone (SR-16, SR-73). The address is the right-most that is not such a proxy's; what stands left of it is the client's own writing.
/// </summary>
/// <remarks>The headers themselves, believed or not, reach no destination: see Forwarding/HeaderCleaning.</remarks>
internal static class TrustedForwarding
{
    /// <param name="hosts">A forwarded host that is not among them is not believed.</param>
    public static IApplicationBuilder UseTrustedForwarding(this IApplicationBuilder app, IReadOnlyList<IPNetwork> proxies, HostAllowList hosts)
    {
        if (proxies.Count == 0)
        {
            return app;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            // No count of hops: the list of proxies says where to stop.
            ForwardLimit = null,
            AllowedHosts = hosts.AllowsAll ? [] : [.. hosts.Entries],
        };
        // The framework believes loopback by default.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (IPNetwork proxy in proxies)
        {
            options.KnownIPNetworks.Add(proxy);
        }

        return app.UseForwardedHeaders(options);
    }
}
