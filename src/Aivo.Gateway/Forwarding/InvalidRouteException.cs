using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>A route that the gateway does not take, with every reason. The proxy reports those of all routes together.</summary>
internal sealed class InvalidRouteException(string routeId, IReadOnlyList<SettingError> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public string RouteId { get; } = routeId;

    public IReadOnlyList<SettingError> Problems { get; } = problems;
}
