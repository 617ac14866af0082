using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tokens;

/// <summary>
/// The keys of access tokens, from the PEM files of one directory: one signs, all are accepted and published, so a key is rotated by
/// adding a file first. Immutable once loaded: a key that is removed counts until the process ends, and no cached token outlives it.
/// </summary>
internal sealed class SigningKeyRing : IDisposable
{
    private readonly FrozenDictionary<string, SigningKey> _byId;

    private SigningKeyRing(SigningKey active, IReadOnlyList<SigningKey> all)
    {
        (Active, All) = (active, all);
        _byId = all.ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
    }

    /// <summary>The key that signs.</summary>
    public SigningKey Active { get; }

    /// <summary>In the order of their file names.</summary>
    public IReadOnlyList<SigningKey> All { get; }

    /// <summary>
    /// Reads the directory. A public key is accepted for verification. Everything wrong is reported; then the result is null, since a
    /// ring without a key that was meant to be in it would refuse good tokens.
    /// </summary>
    public static SigningKeyRing? Load(string directory, SigningAlgorithm algorithm, string? activeKey, Action<SettingError> report)
    {
        var source = new KeyDirectory(directory, ".pem", "Tokens:SigningKeys", "Tokens:ActiveKey", report);
        var byName = new Dictionary<string, SigningKey>(StringComparer.Ordinal);
        foreach (KeyFile file in source.Read())
        {
            SigningKey? key = SigningKeyFile.Parse(file.Content, algorithm, out string problem, out string fix);
            CryptographicOperations.ZeroMemory(file.Content);
            if (key is null)
            {
                source.Refuse(file.Name, problem, fix);
            }
            else if (byName.FirstOrDefault(other => other.Value.KeyId == key.KeyId) is { Key: { } twin })
            {
                source.Refuse(file.Name, $"holds the same key as '{twin}.pem'.", "Remove one of the two; the private key's file is enough.");
                key.Dispose();
            }
            else
            {
                byName.Add(file.Name, key);
            }
        }

        SigningKey? active = byName.Count == 0 && source.IsFaulty
            ? null // The cause is reported already.
            : source.ChooseActive(byName.Where(key => key.Value.CanSign).ToDictionary(StringComparer.Ordinal), activeKey);
        if (active is not null && !source.IsFaulty)
        {
            return new SigningKeyRing(active, [.. byName.OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => key.Value)]);
        }

        foreach (SigningKey key in byName.Values)
        {
            key.Dispose();
        }

        return null;
    }

    /// <summary>By the exact id; never by trying (RFC 8725, section 3.10).</summary>
    public bool TryGet(string kid, [NotNullWhen(true)] out SigningKey? key) => _byId.TryGetValue(kid, out key);

    /// <summary>
    /// For Development: makes <c>dev.pem</c>, readable for the gateway's user alone, if the directory holds no key. The caller holds
    /// the lock of the data directory, since two nodes may start on an empty one.
    /// </summary>
    public static void CreateDevelopmentKey(string directory, SigningAlgorithm algorithm)
    {
        byte[] pem = SigningKeyFile.Create(algorithm);
        KeyDirectory.CreateOnce(directory, "dev.pem", pem);
        CryptographicOperations.ZeroMemory(pem);
    }

    public void Dispose()
    {
        foreach (SigningKey key in All)
        {
            key.Dispose();
        }
    }
}
