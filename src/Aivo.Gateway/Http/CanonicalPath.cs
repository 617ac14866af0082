using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Aivo.Gateway.Http;

/// <summary>
/// The one reading that every program can agree on of a path that <see cref="PathGate"/> finds to have several: the one of whoever decodes
/// most. What no reading can be agreed on for stays refused.
/// </summary>
internal static class CanonicalPath
{
    /// <summary>
    /// Decodes the path once (from its first slash, without the query); a backslash is a slash; of a segment, <c>;</c> and what follows it (path
    /// parameters) go; empty and dot segments are resolved. Refused, with false, are control characters, <c>#</c>, broken percent-encoding,
    /// what is not UTF-8, what is encoded twice, and a way above the root.
    /// </summary>
    /// <param name="canonical">Decoded; encoded again it is a path that <see cref="PathGate"/> accepts, and whose canonical form it is.</param>
    public static bool TryMake(ReadOnlySpan<char> path, [NotNullWhen(true)] out string? canonical)
    {
        canonical = null;
        byte[] decoded = new byte[path.Length];
        if (!path.StartsWith('/') || !PathGate.TryDecode(path, decoded, out int length) || PathGate.HasEncoded(decoded.AsSpan(0, length)))
        {
            return false;
        }

        List<string> segments = [];
        string last = "";
        foreach (string segment in Encoding.UTF8.GetString(decoded, 1, length - 1).Split('/', '\\'))
        {
            int parameters = segment.IndexOf(';', StringComparison.Ordinal);
            last = parameters < 0 ? segment : segment[..parameters];
            if (last == "..")
            {
                if (segments.Count == 0)
                {
                    return false;
                }

                segments.RemoveAt(segments.Count - 1);
            }
            else if (last is not ("" or "."))
            {
                segments.Add(last);
            }
        }

        // A path that ends in nothing, in . or in .. names a folder (RFC 3986, section 5.2.4).
        bool folder = last is "" or "." or ".." && segments.Count > 0;
        canonical = $"/{string.Join('/', segments)}{(folder ? "/" : "")}";
        return true;
    }
}
