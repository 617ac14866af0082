using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Tokens;

/// <summary>The section <c>Tokens:Internal</c>: the tokens by which destinations learn who calls.</summary>
internal sealed record InternalTokenOptions
{
    /// <summary>Whoever gets hold of one may use it for so long, whatever becomes of its session; so it cannot be set longer.</summary>
    public static readonly TimeSpan MaximumLifetime = TimeSpan.FromSeconds(60);

    public TimeSpan Lifetime { get; init; } = MaximumLifetime;

    /// <summary>Stands before the cluster's name in the audience.</summary>
    public string AudiencePrefix { get; init; } = "";

    /// <summary>How many internal tokens are kept beside one access token, each for a cluster of its own.</summary>
    public int ClustersPerToken { get; init; } = 8;

    public static InternalTokenOptions Read(SettingReader reader)
    {
        var options = new InternalTokenOptions
        {
            Lifetime = reader.Duration("Lifetime", MaximumLifetime, TimeSpan.FromSeconds(10), MaximumLifetime, "How long an internal token is valid at most; never longer than the access token it stands for."),
            AudiencePrefix = reader.OptionalText("AudiencePrefix", "What stands before the cluster's name in the aud claim of internal tokens, such as https://services.example.com/.") ?? "",
            ClustersPerToken = reader.Integer("ClustersPerToken", 8, 1, 64, "For how many clusters a node keeps an internal token beside each access token, so that it signs one only when the last has a tenth of its life left; about 1 KB each."),
        };
        if (options.AudiencePrefix.Length > 200 || options.AudiencePrefix.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            reader.Error("AudiencePrefix", options.AudiencePrefix, "is too long or has other characters than visible ASCII.", "Write a URL or a name of at most 200 characters.");
        }

        return options;
    }
}
