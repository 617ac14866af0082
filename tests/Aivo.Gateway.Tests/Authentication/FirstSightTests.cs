using Aivo.Gateway.Authentication;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Tests.Authentication;

/// <summary>Which requests queue a mark. The loop that writes them does not run here, so what is queued stays to be counted.</summary>
public sealed class FirstSightTests : IAsyncDisposable
{
    private static readonly AuthorizationPolicy SignedIn = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();

    private readonly MarksUnderTest _node = new(new UnsteadyStore(new InMemorySessionStore(TimeProvider.System)) { Before = UnsteadyStore.Never });
    private readonly IssuingKit _kit;
    private readonly RevocationReplica _replica = new();
    private readonly RevocationReplicas _replicas;
    private readonly RevocationState _state;
    private readonly CallerPolicyEvaluator _evaluator;

    public FirstSightTests()
    {
        _kit = IssuingKit.Create(_node.Time);
        _replicas = new RevocationReplicas(4, () => _replica);
        _state = new RevocationState(_node.Time, 4);
        Report(long.MaxValue);
        var reader = new AccessTokenReader(new AccessTokenValidator(_kit.Keys, _kit.Options, _node.Time), new AccessTokenCache(100, _node.Time), _node.Counts.Metrics);
        _evaluator = new CallerPolicyEvaluator(reader, new CallerCheck(new RevocationCheck(_state, _replicas, _node.Counts.Metrics), _state), _node.Marks, _node.Counts.Metrics, NullLogger<CallerPolicyEvaluator>.Instance);
    }

    private int Marks => _node.Marks.Waiting;

    public async ValueTask DisposeAsync()
    {
        _kit.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task ThousandRequestsAtOnceOfEachToken_QueueOneMarkPerToken_AndNoneWaitsForTheStore()
    {
        string[] tokens = [_kit.GoodToken(), _kit.GoodToken()];
        using var start = new Barrier(8);
        Task<bool>[] threads = [.. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(SendAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];

        Assert.All(await Task.WhenAll(threads), Assert.True);
        Assert.Equal((2, 0), (Marks, _node.Counts["dropped"]));

        // Had one of them to wait for the store, it would not be complete when it returns.
        bool SendAll()
        {
            start.SignalAndWait(TestContext.Current.CancellationToken);
            return Enumerable.Range(0, 250).All(number => Authenticate(tokens[number % 2]) is { IsCompletedSuccessfully: true } answer && answer.GetAwaiter().GetResult().Succeeded);
        }
    }

    [Fact]
    public async Task Mark_NamesTheTokensSessionAndId()
    {
        AccessToken token = _kit.SomeToken();
        var inner = new InMemorySessionStore(_node.Time);
        SessionRecord record = SessionSamples.NewRecord(_node.Time.GetUtcNow());
        token = token with { Session = record.Id, Id = MarksUnderTest.TokenOf(record) };
        await inner.CommitAsync(record.Id, null, new SessionWrite(SessionRecordCodec.Encode(record), record.AbsoluteEnd, []), TestContext.Current.CancellationToken);
        await using var node = new MarksUnderTest(inner, _node.Time);
        var reader = new AccessTokenReader(new AccessTokenValidator(_kit.Keys, _kit.Options, _node.Time), new AccessTokenCache(100, _node.Time), _node.Counts.Metrics);
        var evaluator = new CallerPolicyEvaluator(reader, new CallerCheck(new RevocationCheck(_state, _replicas, _node.Counts.Metrics), _state), node.Marks, _node.Counts.Metrics, NullLogger<CallerPolicyEvaluator>.Instance);

        await evaluator.AuthenticateAsync(SignedIn, Request(new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, new Dictionary<string, System.Text.Json.JsonElement>())));
        await node.StartAsync();
        await node.StopAsync();

        Assert.Equal(1, node.Counts["written"]);
        Assert.NotNull(await MarksUnderTest.FirstUsedAsync(inner, record));
    }

    [Fact]
    public async Task RevokedToken_QueuesNone()
    {
        AccessToken token = _kit.SomeToken();
        _replica.Apply(RevocationEntry.ForSession(token.Session, _node.Time.GetUtcNow().AddMinutes(15)));

        await AssertRefusedAsync(new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, new Dictionary<string, System.Text.Json.JsonElement>()));
    }

    [Theory]
    [InlineData(nameof(RevocationKind.Session))]
    [InlineData(nameof(RevocationKind.Token))]
    [InlineData(nameof(RevocationKind.Key))]
    public async Task KnownToken_IsRefusedFromItsRevocationOn(string kind)
    {
        AccessToken token = _kit.SomeToken();
        string compact = new AccessTokenIssuer(_kit.Keys, _kit.Options).Issue(token, new Dictionary<string, System.Text.Json.JsonElement>());
        Assert.True((await Authenticate(compact)).Succeeded);

        DateTimeOffset keepUntil = _node.Time.GetUtcNow().AddMinutes(15);
        _replica.Apply(kind switch
        {
            nameof(RevocationKind.Session) => RevocationEntry.ForSession(token.Session, keepUntil),
            nameof(RevocationKind.Token) => RevocationEntry.ForToken(token.Id, keepUntil),
            _ => RevocationReplica.ForKey(_kit.Keys.Active.KeyId, keepUntil),
        });

        HttpContext context = Request(compact);
        Assert.False((await _evaluator.AuthenticateAsync(SignedIn, context)).Succeeded);
        Assert.Equal(Denial.InvalidToken, context.Features.Get<Refusal>()?.Denial);
    }

    [Fact]
    public async Task ExpiredForeignOrBrokenToken_QueuesNone()
    {
        string token = _kit.GoodToken();
        await AssertRefusedAsync(_kit.Change(token, key: _kit.Foreign));
        await AssertRefusedAsync("not-a-token");
        _node.Time.Advance(_kit.Options.AccessTokenLifetime + AccessTokenValidator.Skew);
        await AssertRefusedAsync(token);
    }

    [Fact]
    public async Task NodeThatCannotKnow_QueuesNone_AndMarksLater()
    {
        string token = _kit.GoodToken();
        Report(LeaseState.Never);
        await AssertRefusedAsync(token);

        Report(long.MaxValue);
        Assert.True((await Authenticate(token)).Succeeded);
        Assert.Equal(1, Marks);
    }

    [Fact]
    public async Task AnonymousRoute_QueuesNone()
    {
        HttpContext context = Request(_kit.GoodToken());
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new AllowAnonymousAttribute()), "anonymous"));

        Assert.False((await _evaluator.AuthenticateAsync(SignedIn, context)).Succeeded);
        Assert.Equal(0, Marks);
    }

    private async Task AssertRefusedAsync(string token)
    {
        HttpContext context = Request(token);
        Assert.False((await _evaluator.AuthenticateAsync(SignedIn, context)).Succeeded);
        Assert.NotNull(context.Features.Get<Refusal>());
        Assert.Equal(0, Marks);
    }

    private Task<AuthenticateResult> Authenticate(string token) => _evaluator.AuthenticateAsync(SignedIn, Request(token));

    private static DefaultHttpContext Request(string token)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = $"Bearer {token}";
        return context;
    }

    private void Report(long freshUntil)
    {
        for (ushort shard = 0; shard < 4; shard++)
        {
            _state.Report(shard, new ShardStanding(new LeaseState { Node = _state.Node, FreshUntil = freshUntil }, false, 0, default, null));
        }
    }
}
