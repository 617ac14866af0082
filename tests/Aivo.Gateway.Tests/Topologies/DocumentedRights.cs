using Aivo.Gateway.Tests.Rules;

namespace Aivo.Gateway.Tests.Topologies;

/// <summary>The users that docs/redis.md prints, as Redis' options take them.</summary>
internal static class DocumentedRights
{
    /// <returns>The user's name, then each rule.</returns>
    public static string[] Of(string user, string password) =>
        RepositoryFiles.Read("docs/redis.md").Split('\n').Single(line => line.StartsWith($"user {user} ", StringComparison.Ordinal))
            .Replace(">PASSWORD", $">{password}", StringComparison.Ordinal).Split(' ')[1..];
}
