using System.Runtime.InteropServices;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Revocation;

/// <summary>Finds what a revoked key has signed among many tokens: compares keys by their hash, and hashes each name once, for all have one of a few.</summary>
internal sealed class RevokedKey(RevocationEntry entry)
{
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    public bool IsOf(string keyId)
    {
        ref bool matches = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, keyId, out bool known);
        return known ? matches : matches = RevocationReplica.ForKey(keyId, default).Id == entry.Id;
    }
}
