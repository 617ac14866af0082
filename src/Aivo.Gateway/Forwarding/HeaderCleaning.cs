using System.Collections.Frozen;
using Aivo.Gateway.Http;
using Microsoft.Extensions.Primitives;

namespace Aivo.Gateway.Forwarding;

/// <summary>
/// Removes from a request what only the gateway may say to a destination: identity headers in every spelling, and what proxies say about
/// a client (the forwarder writes that anew, from what was believed). Runs on every proxied route, anonymous ones too (SR-69, SR-70, SR-73).
/// </summary>
internal sealed class HeaderCleaning
{
    private readonly FrozenSet<string> _identity;
    private readonly UnderscoreHandling _underscore;

    public HeaderCleaning(HeadersOptions options)
    {
        _identity = options.IdentityNames.Select(FieldNames.Fold).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _underscore = options.Underscore;
    }

    /// <summary>Whether only the gateway may set such a header, in any spelling that a destination could take for it.</summary>
    public bool IsReserved(string name) => IsReservedFolded(FieldNames.Fold(name));

    /// <summary>
    /// Cleans the request's headers in one pass. False where the request is to be refused: an underscore where
    /// <see cref="UnderscoreHandling.Reject"/> is set, or a name that is none.
    /// </summary>
    public bool TryClean(IHeaderDictionary headers)
    {
        List<string>? removed = null;
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            string name = header.Key;
            bool remove;
            if (FieldNames.IsOrdinary(name))
            {
                remove = MayBeReserved(name) && (IsReservedFolded(name) || IsTraceContext(name) || IsForeignIdentifier(name, header.Value));
            }
            else if (!FieldNames.IsToken(name))
            {
                return false;
            }
            else
            {
                bool underscore = name.Contains('_', StringComparison.Ordinal);
                if (underscore && _underscore == UnderscoreHandling.Reject)
                {
                    return false;
                }

                remove = (underscore && _underscore == UnderscoreHandling.Drop) || IsReserved(name);
            }

            if (remove)
            {
                (removed ??= []).Add(name);
            }
        }

        foreach (string name in removed ?? [])
        {
            headers.Remove(name);
        }

        return true;
    }

    private static bool IsForeignIdentifier(string name, StringValues value) =>
        name.Equals(RequestIdentifiers.Name, StringComparison.OrdinalIgnoreCase) && !RequestIdentifiers.IsWellFormed(value);

    /// <summary>The server has read it; what goes on is the gateway's own (<see cref="DestinationTransforms"/>).</summary>
    private static bool IsTraceContext(string name) =>
        name.Equals("traceparent", StringComparison.OrdinalIgnoreCase) || name.Equals("tracestate", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Every reserved name begins with X- (the options' check sees to the configured ones), or is Forwarded or of the trace context.
    /// </summary>
    private static bool MayBeReserved(string name) => name[0] is 'X' or 'x' or 'F' or 'f' or 'T' or 't';

    private bool IsReservedFolded(string name) =>
        _identity.Contains(name)
        || (name.StartsWith("X-User-", StringComparison.OrdinalIgnoreCase)
            // What a browser's gRPC client calls itself; says nothing about the user.
            && !name.Equals("X-User-Agent", StringComparison.OrdinalIgnoreCase))
        || name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Rewrite-URL", StringComparison.OrdinalIgnoreCase);
}
