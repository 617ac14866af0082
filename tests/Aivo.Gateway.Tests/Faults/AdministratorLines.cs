using System.Globalization;
using Aivo.Gateway.Primitives;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// What an <see cref="Administrator"/> is told and answers: lines on its standard input and output. A line begins with a number of the asker's
/// choice; the answer begins with the same, and comes when it is done, so that several can be under way. It ends with its input.
/// </summary>
internal static class AdministratorLines
{
    /// <summary>Has the Redis configuration of the fleet that this process is to be the administrator of.</summary>
    public const string Variable = "AIVO_TEST_ADMINISTRATOR";

    /// <summary>Its first line, when it has joined.</summary>
    public const string Joined = "joined";

    /// <summary><c>1 begin 10000</c>: begins so many sessions.</summary>
    public const string Begin = "begin";

    /// <summary><c>2 end-tenants all</c>: ends all of these.</summary>
    public const string EndTenants = "end-tenants";

    /// <summary><c>3 end</c> and a session: ends one.</summary>
    public const string End = "end";

    public static async Task RunAsync(string configuration)
    {
        await using Administrator administrator = await Administrator.JoinAsync(configuration);
        await Console.Out.WriteLineAsync(Joined);
        List<Task> running = [];
        while (await Console.In.ReadLineAsync() is { } line)
        {
            running.Add(Task.Run(() => AnswerAsync(administrator, line.Split(' '))));
        }

        await Task.WhenAll(running);
    }

    /// <summary>Answers with the number, when it was done (a timestamp, the same in every process of a machine), and how often ends were repeated.</summary>
    private static async Task AnswerAsync(Administrator administrator, string[] words)
    {
        try
        {
            await (words[1] switch
            {
                Begin => administrator.BeginSessionsAsync(int.Parse(words[2], CultureInfo.InvariantCulture)),
                EndTenants => administrator.EndTenantsAsync(),
                End when SessionId.TryParse(words[2], out SessionId session) => administrator.EndSessionAsync(session),
                _ => throw new ArgumentException($"'{string.Join(' ', words)}' says nothing to an administrator", nameof(words)),
            });
        }
        catch (Exception exception)
        {
            // Whoever asked is told by the end of the process.
            await Console.Error.WriteLineAsync(exception.ToString());
            Environment.Exit(1);
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{words[0]} {TimeProvider.System.GetTimestamp()} {administrator.Repeated}"));
    }
}
