namespace Aivo.Gateway.Forwarding;

/// <summary>What a forwarded request has become.</summary>
internal enum StreamKind
{
    /// <summary>It has no response headers yet.</summary>
    Waiting,

    /// <summary>An ordinary answer is being passed on; a stream only once it has been open for long.</summary>
    Answer,

    WebSocket,

    /// <summary>Server-sent events (<c>text/event-stream</c>).</summary>
    EventStream,

    Grpc,
}

/// <summary>Why a stream was cut.</summary>
internal enum StreamEnd
{
    None,
    SessionEnded,
    TokenRevoked,
    TokenExpired,

    /// <summary>This node could not know for too long whether the session goes on.</summary>
    Unknown,

    /// <summary>The node stops.</summary>
    GoingAway,
}

/// <summary>The words of <see cref="StreamKind"/> and <see cref="StreamEnd"/> in metrics and close frames.</summary>
internal static class StreamWords
{
    public static string Word(this StreamKind kind) => kind switch
    {
        StreamKind.WebSocket => "websocket",
        StreamKind.EventStream => "event_stream",
        StreamKind.Grpc => "grpc",
        _ => "answer",
    };

    public static string Word(this StreamEnd end) => end switch
    {
        StreamEnd.SessionEnded => "session_ended",
        StreamEnd.TokenRevoked => "token_revoked",
        StreamEnd.TokenExpired => "token_expired",
        StreamEnd.Unknown => "temporarily_unavailable",
        _ => "going_away",
    };

    /// <summary>The status and the reason of a WebSocket's close frame (RFC 6455, section 7.4.1, and the IANA registry for 1013).</summary>
    public static (ushort Status, string Reason) CloseFrame(this StreamEnd end) => end switch
    {
        StreamEnd.SessionEnded => (1008, "session ended"),
        StreamEnd.TokenRevoked => (1008, "token revoked"),
        StreamEnd.TokenExpired => (1008, "token expired"),
        StreamEnd.Unknown => (1013, "temporarily unavailable"),
        _ => (1001, "going away"),
    };

    /// <summary>Whether the limits of the section <c>Streams</c> count it.</summary>
    public static bool IsLimited(this StreamKind kind) => kind is StreamKind.WebSocket or StreamKind.EventStream or StreamKind.Grpc;
}
