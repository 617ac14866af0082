using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Bench;

/// <summary>What it costs a request to be among those in flight: put in and taken out again, beside many that stay.</summary>
internal static class RegisterCost
{
    public static void Run(int staying, int rounds)
    {
        var requests = new RequestsInFlight();
        for (int i = 0; i < staying; i++)
        {
            requests.Add(new Request(SessionId.Create(0)));
        }

        Request[] moving = [.. Enumerable.Range(0, 1024).Select(_ => new Request(SessionId.Create(0)))];
        Measure(requests, moving, rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        double nanoseconds = Measure(requests, moving, rounds);
        Console.WriteLine($"{nanoseconds:F1} ns to add and remove beside {staying} others, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / rounds} bytes");
        long begun = TimeProvider.System.GetTimestamp();
        requests.Revoke(RevocationEntry.ForToken(moving[0].Token, DateTimeOffset.MaxValue));
        Console.WriteLine($"{TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds:F2} ms to look for one token among all");
    }

    private static double Measure(RequestsInFlight requests, Request[] moving, int rounds)
    {
        long begun = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < rounds; i++)
        {
            Request request = moving[i % moving.Length];
            requests.Add(request);
            requests.Remove(request);
        }

        return TimeProvider.System.GetElapsedTime(begun).TotalNanoseconds / rounds;
    }

    private sealed class Request(SessionId session) : RequestInFlight(session, TokenIds.ForLeaf("leaf", default), "key")
    {
        /// <summary>Measured without what it leads to.</summary>
        protected internal override bool Revoke(RevocationKind kind) => false;
    }
}
