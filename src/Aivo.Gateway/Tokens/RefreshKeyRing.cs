using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// The MAC keys of refresh tokens, from the files of one directory: new leaves use the active one, all are accepted. A leaf stores its
/// key's id, so a key must stay until the last session made under it has ended.
/// </summary>
internal sealed class RefreshKeyRing
{
    private readonly FrozenDictionary<string, RefreshKey> _byId;

    private RefreshKeyRing(RefreshKey active, IEnumerable<RefreshKey> all)
    {
        Active = active;
        _byId = all.ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
    }

    public RefreshKey Active { get; }

    /// <summary>Reads the directory. Everything wrong is reported; then the result is null.</summary>
    public static RefreshKeyRing? Load(string directory, string? activeKey, Action<SettingError> report)
    {
        const string Fix = "Make one with: head -c 32 /dev/urandom > NAME.key";
        var source = new KeyDirectory(directory, ".key", "Tokens:RefreshKeys", "Tokens:ActiveRefreshKey", report);
        var byName = new Dictionary<string, RefreshKey>(StringComparer.Ordinal);
        foreach (KeyFile file in source.Read())
        {
            if (file.Content.Length != RefreshKey.Length)
            {
                source.Refuse(file.Name, $"is not exactly {RefreshKey.Length} bytes long.", Fix);
                CryptographicOperations.ZeroMemory(file.Content);
                continue;
            }

            if (!file.Content.AsSpan().ContainsAnyExcept((byte)0))
            {
                source.Refuse(file.Name, "holds nothing but zero bytes.", Fix);
                continue;
            }

            var key = new RefreshKey(file.Content);
            if (byName.FirstOrDefault(other => other.Value.KeyId == key.KeyId) is { Key: { } twin })
            {
                source.Refuse(file.Name, $"holds the same key as '{twin}.key'.", "Remove one of the two.");
                continue;
            }

            byName.Add(file.Name, key);
        }

        RefreshKey? active = byName.Count == 0 && source.IsFaulty ? null : source.ChooseActive(byName, activeKey);
        return active is null || source.IsFaulty ? null : new RefreshKeyRing(active, byName.Values);
    }

    public bool TryGet(string kid, [NotNullWhen(true)] out RefreshKey? key) => _byId.TryGetValue(kid, out key);

    /// <summary>For Development: makes <c>dev.key</c> if the directory holds no key; under the same lock as the signing key.</summary>
    public static void CreateDevelopmentKey(string directory)
    {
        Span<byte> key = stackalloc byte[RefreshKey.Length];
        RandomNumberGenerator.Fill(key);
        KeyDirectory.CreateOnce(directory, "dev.key", key);
        CryptographicOperations.ZeroMemory(key);
    }
}
