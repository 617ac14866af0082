using System.Text.Json;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Bench;

/// <summary>
/// A directory with one user, who is found at once and whose every password fits: so what is measured is neither Argon2id, which is
/// tens of milliseconds by choice, nor SQLite.
/// </summary>
internal sealed class KnownUser : IUserDirectory
{
    public const string Email = "ada@example.com";

    private readonly User _user;

    public KnownUser(TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        _user = new User(new UserId(Guid.CreateVersion7(now)), Email, "Ada", "Lovelace", UserRole.Learner, new TenantId(Guid.CreateVersion7(now)),
            UserStatus.Active, null, null, now, now, new Dictionary<string, JsonElement>());
    }

    public ValueTask<User?> VerifyAsync(string email, string password, CancellationToken cancellationToken) => ValueTask.FromResult<User?>(_user);

    public ValueTask<User?> FindAsync(UserId id, CancellationToken cancellationToken) => ValueTask.FromResult<User?>(_user);

    public ValueTask RecordLoginAsync(UserId id, DateTimeOffset at, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
