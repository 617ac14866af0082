using System.Text;
using System.Text.Json;
using Aivo.Gateway.Authentication;
using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Endpoints;

/// <summary>What becomes of a log-in when the user's epoch is raised while its password is being hashed.</summary>
public sealed class LoginOvertakenTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(SessionSamples.Noon);
    private readonly InMemorySessionStore _store;
    private readonly IssuingKit _kit;
    private readonly PasswordHashGate _hashes;
    private readonly Directory _directory = new();
    private readonly LoginEndpoint _endpoint;

    public LoginOvertakenTests()
    {
        ThrottlingOptions throttling = new()
        {
            AccountAttempts = 2,
            AccountWindow = TimeSpan.FromMinutes(5),
            AddressAttempts = 100,
            AddressWindow = TimeSpan.FromMinutes(5),
            ConcurrentHashes = 1,
            QueuedHashes = 0,
        };
        _store = new InMemorySessionStore(_time);
        _kit = IssuingKit.Create(_time);
        _hashes = new PasswordHashGate(throttling, _time);
        SessionTransactions transactions = SessionSamples.Transactions(_store);
        var users = new UserSessions(_store, _store, transactions, SessionSamples.Options, NullLogger<UserSessions>.Instance);
        var state = new RevocationState(_time, 0);
        var replicas = new RevocationReplicas(1, static () => new RevocationReplica());
        var revocation = new RevocationOptions { SyncInterval = TimeSpan.FromMilliseconds(100), Lease = TimeSpan.FromSeconds(1) };
        GatewayMetrics metrics = TestMetrics.Create();
        var audit = new AuditLog(NullLogger<AuditLog>.Instance);
        _endpoint = new LoginEndpoint(
            new LoginThrottle(new InMemoryAttemptStore(_time), throttling, NullLogger<LoginThrottle>.Instance),
            _hashes,
            _directory,
            new SessionLogins(_store, SessionSamples.Options, SessionSamples.Retention, () => [_store.Position], _time.GetUtcNow),
            new SessionEndings(transactions, users, replicas, new SyncAcknowledgements(state, new RequestsInFlight(), revocation, _time, metrics), audit),
            _kit.RefreshKeys,
            new TokenPairs(new AccessTokenIssuer(_kit.Keys, _kit.Options), new RefreshTokenCodec(_kit.RefreshKeys, _kit.Options), _kit.Options, _time),
            new CallerCheck(new RevocationCheck(state, replicas, metrics), state),
            audit,
            metrics);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _hashes.Dispose();
        _kit.Dispose();
    }

    [Fact]
    public async Task NotOvertaken_IsVerifiedOnce()
    {
        await _store.RaiseAsync(SessionSamples.User, 0, Token);

        Assert.IsType<Ok<AuthResponse>>(await LoginAsync());
        Assert.Equal(1, _directory.Verifications);
        Assert.Single(await _store.ReadIndexAsync(SessionSamples.User, 0, Token));
    }

    [Fact]
    public async Task Overtaken_IsVerifiedAgain_AndThenStands()
    {
        _directory.During = async verification => await RaiseIfAsync(verification == 1);

        Assert.IsType<Ok<AuthResponse>>(await LoginAsync());
        Assert.Equal(2, _directory.Verifications);
        Assert.Single(await _store.ReadIndexAsync(SessionSamples.User, 0, Token));
    }

    [Fact]
    public async Task Overtaken_WithAPasswordThatNoLongerHolds_IsRefused_AndLeavesNoSession()
    {
        _directory.During = async verification =>
        {
            await RaiseIfAsync(verification == 1);
            _directory.Accepts = false;
        };

        Assert.Equal(Denial.InvalidCredentials, Assert.IsType<DenialResult>(await LoginAsync()).Denial);
        Assert.Equal(2, _directory.Verifications);
        Assert.Empty(await _store.ReadIndexAsync(SessionSamples.User, 0, Token));
    }

    [Fact]
    public async Task OvertakenEveryTime_Is503AfterThree_AndCountsNoFailure()
    {
        _directory.During = async _ => await RaiseIfAsync(true);
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(Denial.TemporarilyUnavailable, Assert.IsType<DenialResult>(await LoginAsync()).Denial);
            Assert.Equal(3 * attempt, _directory.Verifications);
        }

        Assert.Empty(await _store.ReadIndexAsync(SessionSamples.User, 0, Token));
    }

    [Fact]
    public async Task RaiseForSomebodyElse_ChangesNothing()
    {
        _directory.During = async _ => await _store.RaiseAsync(new UserId(SessionSamples.Tenant.Value), 0, Token);

        Assert.IsType<Ok<AuthResponse>>(await LoginAsync());
        Assert.Equal(1, _directory.Verifications);
    }

    private async Task RaiseIfAsync(bool raise)
    {
        if (raise)
        {
            await _store.RaiseAsync(SessionSamples.User, 0, Token);
        }
    }

    private Task<IResult> LoginAsync()
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"email":"learner@example.com","password":"a password of theirs"}"""));
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        return _endpoint.HandleAsync(context, Token);
    }

    private sealed class Directory : IUserDirectory
    {
        private static readonly User Learner = new(
            SessionSamples.User, "learner@example.com", "Lee", "O'Hara", UserRole.Learner, SessionSamples.Tenant, UserStatus.Active, null, null,
            SessionSamples.Noon, SessionSamples.Noon, new Dictionary<string, JsonElement>());

        public int Verifications { get; private set; }

        public bool Accepts { get; set; } = true;

        /// <summary>What happens while the password is being hashed; told how many verifications there were.</summary>
        public Func<int, Task> During { get; set; } = _ => Task.CompletedTask;

        public async ValueTask<User?> VerifyAsync(string email, string password, CancellationToken cancellationToken)
        {
            bool accepted = Accepts;
            await During(++Verifications);
            return accepted ? Learner : null;
        }

        public ValueTask<User?> FindAsync(UserId id, CancellationToken cancellationToken) => ValueTask.FromResult<User?>(Learner);

        public ValueTask RecordLoginAsync(UserId id, DateTimeOffset at, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask CheckAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
