using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class InMemorySessionStoreTests : SessionStoreContract
{
    private readonly FakeTimeProvider _clock = new(SessionSamples.Noon.AddTicks(77));
    private readonly InMemorySessionStore _store;

    public InMemorySessionStoreTests() => _store = new InMemorySessionStore(_clock);

    private protected override ISessionStore Store => _store;

    [Fact]
    public async Task Clock_IsTheInjectedOne_RoundedDown() =>
        Assert.Equal(SessionSamples.Noon, (await _store.ReadAsync(SessionId.Create(0), TestContext.Current.CancellationToken)).Now);

    [Fact]
    public async Task OldRecords_AreCollected_AndRenewedOnesAreNot()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        SessionId renewed = SessionId.Create(0);
        for (int i = 0; i < 100; i++)
        {
            await _store.CommitAsync(SessionId.Create(0), null, new SessionWrite([1], SessionSamples.Noon.AddHours(1), []), token);
        }

        await _store.CommitAsync(renewed, null, new SessionWrite([1], SessionSamples.Noon.AddHours(1), []), token);
        await _store.CommitAsync(renewed, [1], new SessionWrite([2], SessionSamples.Noon.AddHours(3), []), token);
        _clock.Advance(TimeSpan.FromHours(2));
        await _store.CommitAsync(SessionId.Create(0), null, new SessionWrite([1], SessionSamples.Noon.AddHours(3), []), token);

        Assert.Equal(2, _store.Count);
        Assert.Equal([2], (await _store.ReadAsync(renewed, token)).Bytes);
    }
}
