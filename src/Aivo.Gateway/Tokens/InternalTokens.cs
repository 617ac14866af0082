namespace Aivo.Gateway.Tokens;

/// <summary>A token that stands for an access token towards one cluster.</summary>
/// <param name="Authorization">The whole value of the header, ready to send.</param>
/// <param name="RenewAt">From then on another is made.</param>
internal sealed record InternalToken(string Cluster, string Authorization, DateTimeOffset RenewAt);

/// <summary>
/// The internal tokens of one access token, kept with it in the token cache: so they are bounded as it is, and none is found any more when
/// the access token is not.
/// </summary>
internal sealed class InternalTokens
{
    private readonly Lock _making = new();

    /// <summary>The newest first; replaced whole, so that reading takes no lock.</summary>
    private volatile InternalToken[] _tokens = [];

    /// <summary>The value of <c>Authorization</c> for a cluster: a known one, or one that is made now. Of requests that come at once, one makes it.</summary>
    public string AuthorizationFor(string cluster, AccessToken caller, InternalTokenIssuer issuer) =>
        Find(cluster, issuer) ?? Make(cluster, caller, issuer);

    private string? Find(string cluster, InternalTokenIssuer issuer)
    {
        foreach (InternalToken token in _tokens)
        {
            if (token.Cluster == cluster)
            {
                return issuer.Now < token.RenewAt ? token.Authorization : null;
            }
        }

        return null;
    }

    private string Make(string cluster, AccessToken caller, InternalTokenIssuer issuer)
    {
        lock (_making)
        {
            if (Find(cluster, issuer) is { } known)
            {
                return known;
            }

            InternalToken made = issuer.Issue(caller, cluster);
            _tokens = [made, .. _tokens.Where(token => token.Cluster != cluster).Take(issuer.ClustersPerToken - 1)];
            return made.Authorization;
        }
    }
}
