using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>
/// Logs each kind of failure once an outage, since the first may not be the one that matters.
/// </summary>
internal sealed partial class RedisFailures(ILogger logger)
{
    private readonly ConcurrentDictionary<string, bool> _logged = new();

    /// <summary>The outage, if there was one, is over.</summary>
    public void Over() => _logged.Clear();

    public void Note(Exception exception)
    {
        Exception cause = exception;
        while (cause.InnerException is RedisException inner)
        {
            cause = inner;
        }

        string kind = exception is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } ? nameof(ConnectionFailureType.AuthenticationFailure)
            : cause is RedisConnectionException connection ? connection.FailureType.ToString() : cause.GetType().Name;
        if (_logged.TryAdd(kind, true))
        {
            Log.CallFailed(logger, kind, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(202, LogLevel.Warning, "Redis cannot be used ({Failure}): {Reason}", EventName = "RedisCallFailed")]
        public static partial void CallFailed(ILogger logger, string failure, string reason);
    }
}
