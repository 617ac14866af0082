using Aivo.Gateway.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Aivo.Gateway.Forwarding;

/// <summary>The section <c>ReverseProxy</c> of one configuration, read and compiled; nothing in it refers to that configuration any more.</summary>
/// <param name="Routes">Each with its rules, as the configuration has it.</param>
/// <param name="Errors">Where there are any, the rest is not to be used.</param>
internal sealed record CheckedRoutes(
    IReadOnlyList<(RouteConfig Route, RouteRules Rules)> Routes, IReadOnlyList<ClusterConfig> Clusters, IReadOnlyList<SettingError> Errors);
