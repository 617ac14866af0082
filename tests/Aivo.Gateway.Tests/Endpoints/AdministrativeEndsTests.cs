using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Revocation;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Endpoints;

/// <summary>What an administrator ends on one node is refused on another when the call returns, and nothing else is.</summary>
public sealed class AdministrativeEndsTests(RedisServer server) : IAsyncLifetime, IDisposable
{
    private static readonly TenantId Theirs = new(Guid.CreateVersion7()), Others = new(Guid.CreateVersion7());

    private readonly IssuingKit _kit = IssuingKit.Create(TimeProvider.System);
    private FleetNode _here = null!, _there = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AdministrativeEnds Ends => _here.Ends(_kit.Keys);

    public async ValueTask InitializeAsync()
    {
        string prefix = RedisServer.NewKeyPrefix();
        _here = await FleetNode.StartAsync(server.Configuration, prefix);
        _there = await FleetNode.StartAsync(server.Configuration, prefix);
    }

    public async ValueTask DisposeAsync()
    {
        await _there.DisposeAsync();
        await _here.DisposeAsync();
        Dispose();
    }

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task Session()
    {
        UserId user = NewUser();
        SessionRecord ended = await LogInAsync(user, Theirs), other = await LogInAsync(user, Theirs);

        Assert.Equal(EndOutcome.Ended, await Ends.EndSessionAsync(ended.Id, Token));
        AssertEnded(ended, true);
        AssertEnded(other, false);
        Assert.Equal(EndOutcome.AlreadyEnded, await Ends.EndSessionAsync(ended.Id, Token));
    }

    [Fact]
    public async Task UsersSessions_AndTheLogInThatIsUnderWay()
    {
        UserId user = NewUser(), another = NewUser();
        SessionRecord first = await LogInAsync(user, Theirs), second = await LogInAsync(user, Others), foreign = await LogInAsync(another, Theirs);
        LogPosition underWay = _there.State.Positions()[user.ShardOf(FleetNode.Options.Shards)]!;

        await Ends.EndUserAsync(user, Token);
        AssertEnded(first, true);
        AssertEnded(second, true);
        AssertEnded(foreign, false);
        Assert.Null(await _there.LogInAsync(user, Theirs, underWay));
    }

    [Fact]
    public async Task TenantsSessions_InEveryShard_OfUsersWhoCameToo_ButNotOfOthers()
    {
        UserId[] users = [.. Enumerable.Range(0, 8).Select(_ => NewUser())];
        Assert.Equal(FleetNode.Options.Shards, users.Select(user => user.ShardOf(FleetNode.Options.Shards)).Distinct().Count());
        List<SessionRecord> theirs = [];
        foreach (UserId user in users)
        {
            theirs.Add(await LogInAsync(user, Theirs));
        }

        SessionRecord came = await LogInAsync(NewUser(), Others), others = await LogInAsync(users[0], Others);
        Assert.Equal(RefreshOutcome.Rotated, (await _there.RefreshAsync(came, Theirs)).Outcome);

        await Ends.EndTenantAsync(Theirs, Token);
        Assert.All([.. theirs, came], record => AssertEnded(record, true));
        AssertEnded(others, false);
    }

    [Fact]
    public async Task SigningKey_InEveryShard_ButNotTheOneThatSigns()
    {
        await Ends.EndSigningKeyAsync("retired", Token);
        foreach (FleetNode node in new[] { _here, _there })
        {
            for (ushort shard = 0; shard < FleetNode.Options.Shards; shard++)
            {
                Assert.True(node.Replicas.IsRevoked(SessionId.Create(shard), default, "retired"));
                Assert.False(node.Replicas.IsRevoked(SessionId.Create(shard), default, _kit.Keys.Active.KeyId));
            }
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => Ends.EndSigningKeyAsync(_kit.Keys.Active.KeyId, Token));
    }

    private static UserId NewUser() => new(Guid.CreateVersion7());

    private async Task<SessionRecord> LogInAsync(UserId user, TenantId tenant) => Assert.IsType<SessionRecord>(await _here.LogInAsync(user, tenant));

    private void AssertEnded(SessionRecord record, bool ended) =>
        Assert.Equal((ended, ended), (_here.Replicas.IsRevoked(record.Id), _there.Replicas.IsRevoked(record.Id)));
}
