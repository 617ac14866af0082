using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Sessions;

/// <summary>The section <c>Sessions</c>.</summary>
internal sealed record SessionsOptions
{
    public required TimeSpan IdleLifetime { get; init; }
    public required TimeSpan AbsoluteLifetime { get; init; }
    public required TimeSpan MaxHold { get; init; }
    public required TimeSpan ClientTimeout { get; init; }
    public bool EndShared { get; init; }

    public int MaxPerUser { get; init; } = 50;

    public static SessionsOptions Read(SettingReader reader)
    {
        var options = new SessionsOptions
        {
            IdleLifetime = reader.Duration("IdleLifetime", TimeSpan.FromDays(7), TimeSpan.FromMinutes(15), TimeSpan.FromDays(365), "How long a session lives without a refresh."),
            AbsoluteLifetime = reader.Duration("AbsoluteLifetime", TimeSpan.FromDays(30), TimeSpan.FromMinutes(15), TimeSpan.FromDays(365), "How long a session lives at most, counted from the login; fixed for a session when it begins."),
            MaxHold = reader.Duration("MaxHold", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), "How long the gateway works on one login, refresh or logout at most; then it answers 503."),
            ClientTimeout = reader.Duration("ClientTimeout", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), "After how long a client abandons a refresh (T), as documented to clients. A used token gives the same pair again for 2T, and 503 for another 2T + MaxHold (twice MaxHold where that is more). A client that waits longer than this can be taken for a thief."),
            EndShared = reader.Flag("EndShared", false, "Whether a session ends when three of its leaves have been handed out to two clients each. An event is raised in any case; honest clients change networks."),
            MaxPerUser = reader.Integer("MaxPerUser", 50, 1, 1000, "How many sessions a user may have; a log-in beyond that ends the oldest."),
        };
        if (options.AbsoluteLifetime < options.IdleLifetime)
        {
            reader.Error("AbsoluteLifetime", Durations.Format(options.AbsoluteLifetime), "is shorter than Sessions:IdleLifetime.", "Set it to at least the idle lifetime.");
        }

        return options;
    }
}
