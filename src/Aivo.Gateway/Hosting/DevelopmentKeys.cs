using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;

namespace Aivo.Gateway.Hosting;

/// <summary>The keys that a Development node makes for itself in the data directory; never outside Development.</summary>
internal sealed class DevelopmentKeys(string dataDirectory)
{
    private static readonly TimeSpan LockBound = TimeSpan.FromSeconds(30);

    public string SigningKeys => Path.Combine(dataDirectory, "keys", "signing");

    public string RefreshKeys => Path.Combine(dataDirectory, "keys", "refresh");

    /// <summary>Makes what is missing. Two nodes may start on an empty directory at once: one makes the keys, the other waits for it.</summary>
    public async Task EnsureAsync(SigningAlgorithm algorithm, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(dataDirectory);
        await using FileStream turn = await FileLock.AcquireAsync(Path.Combine(dataDirectory, "keys.lock"), LockBound, TimeProvider.System, cancellationToken);
        SigningKeyRing.CreateDevelopmentKey(SigningKeys, algorithm);
        RefreshKeyRing.CreateDevelopmentKey(RefreshKeys);
    }
}
