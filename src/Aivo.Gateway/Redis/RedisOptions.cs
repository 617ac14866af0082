using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Redis;

/// <summary>The section <c>Redis</c>.</summary>
internal sealed record RedisOptions
{
    /// <summary>Null when not set; a secret, since it may hold the password.</summary>
    public required string? Configuration { get; init; }
    public required string KeyPrefix { get; init; }
    public required TimeSpan ConnectTimeout { get; init; }
    public required TimeSpan CommandTimeout { get; init; }
    public required bool Tls { get; init; }
    public required string? CaFile { get; init; }
    public int WaitReplicas { get; init; }

    public static RedisOptions Read(SettingReader reader)
    {
        var options = new RedisOptions
        {
            Configuration = reader.OptionalText("Configuration", "host:port[,host:port][,serviceName=…][,user=…][,password=…], in StackExchange.Redis' form, for one server, Sentinels or a Cluster: see redis.md. Needed when Gateway:Store is Redis. Set it from a secret.", secret: true),
            KeyPrefix = reader.Text("KeyPrefix", "aivo", "The first part of every key, so that several gateways can share one Redis."),
            ConnectTimeout = reader.Duration("ConnectTimeout", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30), "How long one attempt to connect may take."),
            CommandTimeout = reader.Duration("CommandTimeout", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10), "How long one call may take; then the answer to the client is 503."),
            Tls = reader.Flag("Tls", false, "Whether the connection is encrypted and the server's certificate verified."),
            CaFile = reader.OptionalText("CaFile", "A PEM file with the certificate authority that signed Redis' certificate; the system's authorities when not set."),
            WaitReplicas = reader.Integer("WaitReplicas", 0, 0, 5, "How many replicas must acknowledge a sync before it counts, and with it every end and log-in before it is answered. With 0 a fail-over may lose ends that no gateway remembers."),
        };
        if (options.KeyPrefix.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") >= 0 || options.KeyPrefix.Length > 64)
        {
            reader.Error("KeyPrefix", options.KeyPrefix, "has characters that a key prefix cannot have.", "Write at most 64 letters, digits, '-', '_', '.' or ':'.");
        }

        if (options.CaFile is { } file && !Path.IsPathFullyQualified(file))
        {
            reader.Error("CaFile", file, "is not an absolute path.", "Write a path from the root.");
        }

        return options;
    }

    /// <summary>Without the members: the configuration text may hold the password.</summary>
    public override string ToString() => nameof(RedisOptions);
}
