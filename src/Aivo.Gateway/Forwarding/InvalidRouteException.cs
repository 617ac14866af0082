using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>Routes or clusters that the gateway does not take, with every reason.</summary>
internal sealed class InvalidRouteException(IReadOnlyList<SettingError> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<SettingError> Problems { get; } = problems;
}
