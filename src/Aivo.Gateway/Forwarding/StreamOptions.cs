using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>What happens to a stream when its access token expires.</summary>
internal enum OnExpiry
{
    /// <summary>It is closed, unless its session has been refreshed.</summary>
    Close,

    /// <summary>It goes on until its session ends.</summary>
    Ignore,
}

/// <summary>The section <c>Streams</c>: what lasts beyond its response headers.</summary>
internal sealed record StreamOptions
{
    public required OnExpiry OnExpiry { get; init; }

    /// <summary>WebSockets, event streams and gRPC calls of one session at a time on this node.</summary>
    public required int MaxPerSession { get; init; }

    /// <summary>The same for all sessions together.</summary>
    public required int MaxPerNode { get; init; }

    /// <summary>Over how long the streams of a node that stops are closed.</summary>
    public required TimeSpan DrainTime { get; init; }

    public static StreamOptions Read(SettingReader reader) => new()
    {
        OnExpiry = reader.Choice("OnExpiry", OnExpiry.Close, "What happens to a WebSocket or another stream when its access token expires: Close ends it, unless its session has been refreshed meanwhile; Ignore lets it go on until its session ends."),
        MaxPerSession = reader.Integer("MaxPerSession", 50, 1, 10_000, "How many WebSockets, event streams and gRPC calls one session may have open on a node; more are refused with 429."),
        MaxPerNode = reader.Integer("MaxPerNode", 20_000, 1, 1_000_000, "How many of them a node holds open at most; more are refused with 503. Each costs two connections and their buffers."),
        DrainTime = reader.Duration("DrainTime", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(10), "Over how long a node that stops closes its WebSockets and event streams, after Gateway:DrainDelay, so that their clients do not all come back at one moment. At most half of Gateway:ShutdownTimeout is used."),
    };
}
