using System.Globalization;

namespace Aivo.Gateway.Bench;

/// <summary>The load rig's own processes; <c>bench/run.sh</c> starts them.</summary>
internal static class BenchProgram
{
    private const string Usage = """
        destination PORT                             answers every request at once
        plain-yarp PORT DESTINATION                  YARP without authentication, on 127.0.0.1:PORT
        tokens COUNT DIRECTORY DESTINATION PORT      writes keys, tokens.txt and gateway.json for a gateway whose management is on PORT
        sessions REDIS SETTINGS ROUNDS CALLS         what a login and a refresh cost, over the Redis at REDIS, by the gateway.json of "tokens"
        look-ups ROUNDS                              what it costs to look up a revoked id, by how many are held
        check ROUNDS                                 what the check of a known token costs, by how many entries are held
        register STAYING ROUNDS                      what it costs a request to be registered among those in flight
        redis-cost REDIS ROUNDS                      what syncs and ends cost the Redis at REDIS, which is emptied
        rate-limits REDIS ROUNDS                     what a request's rate limits cost, in memory and over the Redis at REDIS
        """;

    public static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["destination", var port]:
                await FastDestination.RunAsync(Number(port));
                return 0;
            case ["plain-yarp", var port, var destination]:
                await PlainYarp.RunAsync(Number(port), destination);
                return 0;
            case ["tokens", var count, var directory, var destination, var port]:
                TokenFiles.Write(Number(count), Path.GetFullPath(directory), destination, Number(port));
                return 0;
            case ["sessions", var redis, var settings, var rounds, var calls]:
                await SessionCost.RunAsync(redis, Path.GetFullPath(settings), Number(rounds), Number(calls));
                return 0;
            case ["look-ups", var rounds]:
                LookUpCost.Run(Number(rounds));
                return 0;
            case ["check", var rounds]:
                CheckCost.Run(Number(rounds));
                return 0;
            case ["register", var staying, var rounds]:
                RegisterCost.Run(Number(staying), Number(rounds));
                return 0;
            case ["redis-cost", var redis, var rounds]:
                await RedisCost.RunAsync(redis, Number(rounds));
                return 0;
            case ["rate-limits", var redis, var rounds]:
                await RateLimitCost.RunAsync(redis, Number(rounds));
                return 0;
            default:
                await Console.Error.WriteLineAsync(Usage);
                return 2;
        }
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
