using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Users;

/// <summary>
/// Where users are looked up. Every call is bounded in time by <c>Users:Timeout</c>, computing a hash aside.
/// Each throws <see cref="StoreUnavailableException"/> when the directory cannot answer: that is never "no such user".
/// </summary>
internal interface IUserDirectory
{
    /// <summary>
    /// The user whose address and password these are, if active; null in every other case, at the cost of one hash in each of them
    /// (SR-02, SR-03). The hash takes a core and 19 MiB: callers bound how many run at once. It ends before the call does, so
    /// whoever waits for the call holds its place for as long as the work goes on.
    /// </summary>
    /// <exception cref="ArgumentException">The password has more than <see cref="PasswordRules.MaximumBytes"/> bytes or is not Unicode.</exception>
    ValueTask<User?> VerifyAsync(string email, string password, CancellationToken cancellationToken);

    /// <summary>The user, whatever its status, or null.</summary>
    ValueTask<User?> FindAsync(UserId id, CancellationToken cancellationToken);

    /// <summary>Notes the time of a log-in; an earlier time never replaces a later one.</summary>
    ValueTask RecordLoginAsync(UserId id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Returns when the directory answers, for readiness.</summary>
    ValueTask CheckAsync(CancellationToken cancellationToken);
}
