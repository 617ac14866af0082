using System.Net.Http.Headers;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Faults;

/// <param name="DueAt">When it was to be sent; what it waited for its sender counts.</param>
internal readonly record struct PacedForward(long DueAt, TimeSpan Took, HttpStatusCode? Status);

/// <summary>
/// Clients that forward at fixed times whatever the answers take (an open loop), so that a node which is slow for a moment is charged with
/// every request of that moment. Each has a thread and a connection: what is measured is not to wait for the test's own pool.
/// </summary>
internal sealed class PacedForwards : IDisposable
{
    /// <summary>Requests to each node, each second.</summary>
    public static readonly int Rate = FaultSuite.IsLong ? 200 : 50;

    /// <summary>Senders a node; each sends its share at its own times.</summary>
    private const int Senders = 4;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Sender> _senders = [];

    private PacedForwards()
    {
    }

    /// <summary>Logs a client in for each sender, and begins.</summary>
    public static async Task<PacedForwards> StartAsync(FaultFleet fleet)
    {
        var forwards = new PacedForwards();
        foreach (FleetNode node in fleet.Nodes)
        {
            for (int number = 0; number < Senders; number++)
            {
                ContractClient.AuthResponse pair = await fleet.LoginAsync(node);
                forwards._senders.Add(new Sender(node, pair.AccessToken, forwards._senders.Count, forwards._stop.Token));
            }
        }

        forwards._senders.ForEach(sender => sender.Thread.Start());
        return forwards;
    }

    /// <summary>Ends it, and returns everything that was sent.</summary>
    public IReadOnlyList<PacedForward> End()
    {
        _stop.Cancel();
        _senders.ForEach(sender => sender.Thread.Join());
        return [.. _senders.SelectMany(sender => sender.Sent)];
    }

    public void Dispose()
    {
        End();
        _senders.ForEach(sender => sender.Dispose());
        _stop.Dispose();
    }

    private sealed class Sender : IDisposable
    {
        private static readonly long Interval = TimeProvider.System.TimestampFrequency * Senders / Rate;

        private readonly HttpClient _client;
        private readonly Uri _address;
        private readonly long _offset;
        private readonly CancellationToken _stop;

        public Sender(FleetNode node, string accessToken, int number, CancellationToken stop)
        {
            _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(4) };
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
            (_address, _offset, _stop) = (new Uri(node.Process.Address, $"/demo/{node.Number}"), number * Interval / 13, stop);
            Thread = new Thread(Run) { IsBackground = true, Name = nameof(PacedForwards) };
        }

        public Thread Thread { get; }

        public List<PacedForward> Sent { get; } = new(100_000);

        public void Dispose() => _client.Dispose();

        private void Run()
        {
            long dueAt = TimeProvider.System.GetTimestamp() + _offset;
            while (!_stop.IsCancellationRequested)
            {
                TimeSpan early = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), dueAt);
                if (early >= TimeSpan.FromMilliseconds(1))
                {
                    // Rounded down to whole milliseconds: one that leaves early counts from when it left.
                    _stop.WaitHandle.WaitOne(early);
                    continue;
                }

                long sentAt = Math.Min(dueAt, TimeProvider.System.GetTimestamp());
                HttpStatusCode? status = Send();
                Sent.Add(new PacedForward(dueAt, TimeProvider.System.GetElapsedTime(sentAt), status));
                dueAt += Interval;
            }
        }

        private HttpStatusCode? Send()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _address);
            try
            {
                using HttpResponseMessage answer = _client.Send(request);
                return answer.StatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
            {
                return null;
            }
        }
    }
}
