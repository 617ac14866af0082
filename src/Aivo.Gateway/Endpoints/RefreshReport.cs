using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;

namespace Aivo.Gateway.Endpoints;

/// <summary>What log and metrics are told of a refresh: all that its answer keeps to itself.</summary>
internal sealed class RefreshReport(AuditLog audit, GatewayMetrics metrics)
{
    /// <summary>Events of the decision itself, whatever the answer will be.</summary>
    public void Decided(HttpContext context, PresentedToken presented, SessionResult<RefreshOutcome> result)
    {
        if (result.Record is not { } session)
        {
            return;
        }

        Leaf live = session.Live;
        (string handedTo, string presenter) = (live.HandedTo.ToString(), presented.Presenter.ToString());
        switch (result.Outcome)
        {
            case RefreshOutcome.Theft:
                audit.RefreshTokenTheft(session.User, session.Id, presented.Number, live.Number, handedTo, presenter, context.Connection.RemoteIpAddress);
                metrics.SecurityEvent("theft");
                break;
            case RefreshOutcome.Shared or RefreshOutcome.EndedShared when session.SharedLeaves >= SessionLifecycle.SharedLeavesNoticed:
                audit.RefreshTokenShared(session.User, session.Id, session.SharedLeaves, handedTo, presenter, context.Connection.RemoteIpAddress);
                metrics.SecurityEvent("shared_token");
                break;
            case RefreshOutcome.Adopted:
                audit.LostWriteFound(session.User, session.Id, presented.Number, context.Connection.RemoteIpAddress);
                metrics.SecurityEvent("lost_write");
                break;
        }

        if (result.Outcome is RefreshOutcome.Theft or RefreshOutcome.EndedShared or RefreshOutcome.UserInactive)
        {
            audit.SessionEnded(session.End!.Reason.Word(), session.Id, session.User, context.Connection.RemoteIpAddress);
        }
    }

    /// <summary>An end was written once more because this node knows of it; news only where the store did not.</summary>
    public void EndRepeated(HttpContext context, SessionResult<EndOutcome> end)
    {
        if (end is { Outcome: EndOutcome.Ended, Record: { End: { } stored } session })
        {
            audit.SessionEnded(stored.Reason.Word(), session.Id, session.User, context.Connection.RemoteIpAddress);
            metrics.SecurityEvent("lost_write");
        }
    }

    public IResult Succeeded(HttpContext context, SessionResult<RefreshOutcome> result, AuthResponse answer)
    {
        SessionRecord session = result.Record!;
        audit.RefreshRotated(session.User, session.Id, session.Live.Number, context.Connection.RemoteIpAddress);
        metrics.Refresh(result.Outcome.Word());
        return TypedResults.Ok(answer);
    }

    public DenialResult Refused(HttpContext context, Denial denial, string reason, SessionId? session, TimeSpan? retryAfter = null)
    {
        audit.RefreshRefused(reason, session, context.Connection.RemoteIpAddress);
        metrics.Refresh(reason);
        return new DenialResult(denial, reason, retryAfter);
    }

    public DenialResult Invalid(IReadOnlyList<ValidationFault> faults)
    {
        metrics.Refresh(Denial.ValidationFailed.Code);
        return new DenialResult(faults);
    }
}
