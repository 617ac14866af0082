using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>A session of its own beside the load, with a WebSocket and a stream of events through every node.</summary>
internal sealed class SessionStreams(FaultFleet fleet, StreamDestination destination, ulong seed) : IDisposable
{
    /// <summary>The close frame and its answer may take a second each, on a machine that is busy.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(3);

    /// <summary>How many leases a stream lasts without one.</summary>
    private static readonly TimeSpan Unknown = 5 * FleetOptions.Lease;

    private readonly LoadClient _client = new(fleet, seed);
    private readonly List<StreamClient> _streams = [];
    private string _session = "";

    public IEnumerable<StreamClient> On(int node) => _streams.Where(stream => stream.Node == node);

    public async Task OpenAsync()
    {
        await Eventually.TrueAsync(() => _client.LoginAsync(fleet.Nodes[0]), () => "nobody can log in");
        ContractClient.AuthResponse pair = _client.Pair!;
        _session = SessionListTests.SessionOf(pair);
        foreach (FleetNode node in fleet.Nodes)
        {
            _streams.Add(await StreamClient.OpenSocketAsync(node, pair.AccessToken));
            _streams.Add(await StreamClient.OpenEventsAsync(node, pair.AccessToken));
        }

        await AssertGoOnAsync(_streams);
    }

    /// <summary>Something passes through each of the streams that was sent after this call.</summary>
    public async Task AssertGoOnAsync(IEnumerable<StreamClient> streams)
    {
        long now = TimeProvider.System.GetTimestamp();
        foreach (StreamClient stream in streams)
        {
            await Eventually.TrueAsync(
                () => stream.IsSocket
                    ? destination.Received.Any(message => message.Session == _session && message.Node == stream.Node && message.SentAt > now)
                    : stream.HeardAt > now,
                () => $"a {Name(stream)} does not go on: {(stream.Ended.IsCompleted ? stream.Ended.Result : null)}");
        }
    }

    public Task AssertGoOnAsync() => AssertGoOnAsync(_streams);

    /// <summary>Logs out and returns when that was answered.</summary>
    public async Task<long> LogoutAsync(FleetNode node)
    {
        await Eventually.TrueAsync(async () => await _client.LogoutAsync(node) == HttpStatusCode.NoContent, () => "nobody can log out");
        return TimeProvider.System.GetTimestamp();
    }

    /// <summary>The client was told that the session is over, and nothing that it sent after the 204 came through.</summary>
    public async Task AssertCutByLogoutAsync(IEnumerable<StreamClient> streams, long answeredAt)
    {
        foreach (StreamClient stream in streams)
        {
            StreamOutcome outcome = await EndedAsync(stream);
            Assert.True(TimeProvider.System.GetElapsedTime(answeredAt, outcome.At) < Told, $"a {Name(stream)} ended {TimeProvider.System.GetElapsedTime(answeredAt, outcome.At)} after the 204");
            Assert.Equal(stream.IsSocket ? (1008, "session ended") : (null, null), (outcome.Status, outcome.Reason));
            Assert.DoesNotContain(destination.Received, message => message.Session == _session && message.Node == stream.Node && message.SentAt > answeredAt);
        }
    }

    /// <summary>The node could not know for five leases, and not less, and its lease had at most one to go.</summary>
    public static async Task AssertCutForWantOfALeaseAsync(IEnumerable<StreamClient> streams, long awaySince)
    {
        foreach (StreamClient stream in streams)
        {
            StreamOutcome outcome = await EndedAsync(stream);
            Assert.Equal(stream.IsSocket ? (1013, "temporarily unavailable") : (null, null), (outcome.Status, outcome.Reason));
            Assert.InRange(TimeProvider.System.GetElapsedTime(awaySince, outcome.At), Unknown, Unknown + FleetOptions.Lease + Told);
        }
    }

    public void Dispose()
    {
        foreach (StreamClient stream in _streams)
        {
            stream.Dispose();
        }
    }

    private static async Task<StreamOutcome> EndedAsync(StreamClient stream)
    {
        await Eventually.TrueAsync(() => stream.Ended.IsCompleted, () => $"a {Name(stream)} does not end");
        return await stream.Ended;
    }

    private static string Name(StreamClient stream) => $"{(stream.IsSocket ? "WebSocket" : "stream of events")} through node {stream.Node}";
}
