namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// Every token that a gateway issued and every password that was sent during the run. No log line may hold one (SR-88). Of a JWT the
/// signature is searched for: a log with that part holds the token.
/// </summary>
internal static class SecretLedger
{
    private static readonly SecretIndex Secrets = new();

    public static string Note(string secret)
    {
        string sought = secret.Count(character => character == '.') == 2 ? secret[(secret.LastIndexOf('.') + 1)..] : secret;
        if (sought.Length >= SecretIndex.ShortestLength)
        {
            Secrets.Add(sought);
        }

        return secret;
    }

    public static void AssertNoneIn(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            if (Secrets.FindIn(line) is { } secret)
            {
                Assert.Fail($"A secret stands in a log line: {line.Replace(secret, "[secret]", StringComparison.Ordinal)}");
            }
        }
    }
}
