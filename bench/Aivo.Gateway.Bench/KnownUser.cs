using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Bench;

/// <summary>
/// A directory in which everybody is found at once and every password fits: so what is measured is neither Argon2id, which is tens of
/// milliseconds by choice, nor SQLite. Each log-in is another user's, or the bound on a user's sessions would end one at each.
/// </summary>
internal sealed class KnownUser : IUserDirectory
{
    public const string Email = "ada@example.com";

    private readonly TimeProvider _time;
    private readonly User _user;

    public KnownUser(TimeProvider time)
    {
        _time = time;
        DateTimeOffset now = time.GetUtcNow();
        _user = new User(new UserId(Guid.CreateVersion7(now)), Email, "Ada", "Lovelace", UserRole.Learner, new TenantId(Guid.CreateVersion7(now)),
            UserStatus.Active, null, null, now, now, new Dictionary<string, JsonElement>());
    }

    public ValueTask<User?> VerifyAsync(string email, string password, CancellationToken cancellationToken) =>
        ValueTask.FromResult<User?>(_user with { Id = new UserId(Guid.CreateVersion7(_time.GetUtcNow())) });

    public ValueTask<User?> FindAsync(UserId id, CancellationToken cancellationToken) => ValueTask.FromResult<User?>(_user with { Id = id });

    public ValueTask RecordLoginAsync(UserId id, DateTimeOffset at, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
