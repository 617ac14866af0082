using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>From <see cref="RedisOptions"/> to the library's options, and the offline check of them.</summary>
internal static class RedisConfiguration
{
    /// <summary>What is wrong with the options, as a setting's name and a sentence, or null. Never the library's own text: it may quote the password.</summary>
    public static (string Setting, string Problem)? Problem(RedisOptions options)
    {
        ConfigurationOptions parsed;
        try
        {
            parsed = Parse(options with { CaFile = null });
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return ("Configuration", "is not a configuration of StackExchange.Redis: a keyword is unknown, or its value does not fit.");
        }

        if (parsed.EndPoints.Count == 0)
        {
            return ("Configuration", "names no server.");
        }

        if (options.CaFile is null)
        {
            return null;
        }

        if (!parsed.Ssl)
        {
            return ("CaFile", "has no effect, since the connection is not encrypted.");
        }

        try
        {
            Parse(options);
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return ("CaFile", "is not a certificate in PEM form.");
        }
    }

    /// <summary>Makes the library's options from ours.</summary>
    /// <exception cref="ArgumentException">The configuration text is not valid.</exception>
    public static ConfigurationOptions Parse(RedisOptions options)
    {
        ConfigurationOptions configuration = ConfigurationOptions.Parse(options.Configuration ?? "", ignoreUnknown: false);
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds;
        configuration.AsyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.SyncTimeout = (int)options.CommandTimeout.TotalMilliseconds;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ReconnectRetryPolicy = new LinearRetry(250);
        configuration.IncludeDetailInExceptions = false;
        configuration.ClientName = "aivo-gateway";

        // CLIENT ID and INFO are among what the library calls administration; what may be done is for Redis' own users to say.
        configuration.AllowAdmin = true;

        // The library's own key and channel, outside of our prefix: a user with no more rights than needed has none on them.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        configuration.Ssl |= options.Tls;
        if (options.CaFile is { } file)
        {
            configuration.TrustIssuer(X509CertificateLoader.LoadCertificateFromFile(file));
        }

        return configuration;
    }
}
