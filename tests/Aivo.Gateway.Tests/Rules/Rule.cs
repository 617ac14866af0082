namespace Aivo.Gateway.Tests.Rules;

/// <summary>Fails with every violation in full, one a line; the assertion library would shorten them.</summary>
internal static class Rule
{
    public static void Holds(IEnumerable<string> violations)
    {
        string[] found = [.. violations];
        if (found.Length > 0)
        {
            Assert.Fail(string.Join('\n', found));
        }
    }
}
