using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Sessions;

public sealed class InMemorySessionIndexTests : SessionIndexContract
{
    private readonly InMemorySessionStore _store = new(new FakeTimeProvider(SessionSamples.Noon));

    private protected override ISessionStore Store => _store;

    private protected override ISessionIndex Index => _store;

    private protected override ValueTask<LogPosition> PositionAsync() => ValueTask.FromResult(_store.Position);
}
