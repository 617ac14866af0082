using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Revocation;

/// <summary>The sections <c>Revocation</c> and <c>Streams</c>.</summary>
internal sealed record RevocationOptions
{
    /// <summary>
    /// How long an entry is kept: the longest access life that can be configured (15 min, whatever is configured: two releases may
    /// differ), the longest lease, and clock skew.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(30) + TimeSpan.FromSeconds(60);

    public required TimeSpan SyncInterval { get; init; }
    public required TimeSpan Lease { get; init; }

    public static RevocationOptions Read(SettingReader reader)
    {
        var options = new RevocationOptions
        {
            SyncInterval = reader.Duration("SyncInterval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5), "How often a node fetches new revocations from Redis."),
            Lease = reader.Duration("Lease", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), "For how long after a successful fetch was sent a node may forward; then it answers 503 until it has fetched again."),
        };
        reader.Reserved("Confirm", "false", "Whether logout waits until no other node can forward the session; in this version other nodes follow within SyncInterval, or Lease at most.");
        reader.Reserved("OnStale", "Reject", "What a node does without a lease: Reject answers 503.");
        reader.Reserved("InFlight", "Finish", "What happens to requests in flight when their session ends.");
        reader.Reserved("Shards", "1", "Over how many hash tags sessions and revocations are spread.");
        if (options.Lease < 2 * options.SyncInterval)
        {
            reader.Error("Lease", Durations.Format(options.Lease), "leaves no room for one failed fetch.", "Set it to at least twice Revocation:SyncInterval.");
        }

        return options;
    }

    public static void ReadStreams(SettingReader reader) =>
        reader.Reserved("OnExpiry", "Ignore", "What happens to a WebSocket or another stream when its access token expires.");
}
