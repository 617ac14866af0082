using System.Security.Cryptography;
using StackExchange.Redis;

namespace Aivo.Gateway.Redis;

/// <summary>The offline check of <see cref="RedisOptions.Configuration"/>.</summary>
internal static class RedisConfiguration
{
    /// <summary>What is wrong with the options, as a setting's name and a sentence, or null. Never the library's own text: it may quote the password.</summary>
    public static (string Setting, string Problem)? Problem(RedisOptions options)
    {
        ConfigurationOptions parsed;
        try
        {
            parsed = RedisConnection.Parse(options with { CaFile = null });
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
            RedisConnection.Parse(options);
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return ("CaFile", "is not a certificate in PEM form.");
        }
    }
}
