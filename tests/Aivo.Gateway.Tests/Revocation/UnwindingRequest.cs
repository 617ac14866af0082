using Aivo.Gateway.Primitives;
using Aivo.Gateway.Revocation;

namespace Aivo.Gateway.Tests.Revocation;

/// <summary>A request that takes its time to let go of its destination.</summary>
internal sealed class UnwindingRequest(SessionId session) : RequestInFlight(session, default, "key")
{
    private volatile bool _told;

    public bool IsTold => _told;

    /// <summary>One of the session that the entry will end.</summary>
    public static UnwindingRequest Begin(RequestsInFlight requests, RevocationEntry end)
    {
        var request = new UnwindingRequest(new SessionId(end.Id, 0));
        requests.Add(request);
        return request;
    }

    /// <summary>One whose session has just ended.</summary>
    public static UnwindingRequest End(RequestsInFlight requests)
    {
        var request = new UnwindingRequest(SessionId.Create(0));
        requests.Add(request);
        requests.Revoke(RevocationEntry.ForSession(request.Session, DateTimeOffset.MaxValue));
        return request;
    }

    protected internal override bool Revoke(RevocationKind kind) => _told = true;
}
