using System.Globalization;
using System.Net;
using System.Text.Json;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Hosting;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Users;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;

namespace Aivo.Gateway.Bench;

/// <summary>
/// What a login and a refresh cost beside the password hash: the endpoints of a composed gateway called in this process, without
/// sockets of clients, over a real Redis. Rounds are interleaved; medians over the rounds are printed as a table.
/// </summary>
internal sealed class SessionCost : IAsyncDisposable
{
    private const int MostSeconds = 300;

    /// <summary>Below the 16 rotations that one session may have within its windows: the next would be put off.</summary>
    private const int RotationsASession = 15;

    private readonly WebApplication _gateway;
    private readonly ConnectionMultiplexer _admin;
    private readonly int _calls;

    private SessionCost(WebApplication gateway, ConnectionMultiplexer admin, int calls) => (_gateway, _admin, _calls) = (gateway, admin, calls);

    public static async Task RunAsync(string redis, string settings, int rounds, int calls)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(MostSeconds));
        await using SessionCost bench = await StartAsync(redis, settings, calls, deadline.Token);
        Dictionary<string, List<Round>> measured = new() { ["login"] = [], ["refresh"] = [] };
        for (int round = -1; round < rounds; round++)
        {
            foreach (string name in round % 2 == 0 ? new[] { "login", "refresh" } : ["refresh", "login"])
            {
                Round one = await bench.MeasureAsync(name == "login", deadline.Token);
                if (round >= 0)
                {
                    measured[name].Add(one); // the first round warms up
                }
            }
        }

        Console.WriteLine("| | Redis scripts a call | µs a call, one at a time | µs CPU a call |");
        Console.WriteLine("|---|--:|--:|--:|");
        foreach ((string name, List<Round> results) in measured)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {Median(results, one => one.Scripts):F2} | {Median(results, one => one.Elapsed):F0} | {Median(results, one => one.Cpu):F0} |"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.StopAsync();
        await _gateway.DisposeAsync();
        await _admin.DisposeAsync();
    }

    private static async Task<SessionCost> StartAsync(string redis, string settings, int calls, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddJsonFile(settings).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gateway:Store"] = "Redis",
            ["Redis:Configuration"] = redis,
            ["Redis:KeyPrefix"] = $"bench:{Guid.CreateVersion7():N}",
            ["Throttling:AccountAttempts"] = "100",
            ["Throttling:AddressAttempts"] = "1000000",
        });
        var report = new SettingReport();
        CheckedConfiguration configuration = CheckedConfiguration.Run(builder.Configuration, development: false, report);
        if (configuration.Errors.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', configuration.Errors));
        }

        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.AddGateway(configuration);
        builder.Services.Replace(ServiceDescriptor.Singleton<IUserDirectory, KnownUser>());
        builder.Services.Replace(ServiceDescriptor.Singleton(provider => CountedCalls<IRevocationLog>.Wrap(ActivatorUtilities.CreateInstance<RedisRevocationLog>(provider))));
        WebApplication gateway = builder.Build();
        await gateway.StartAsync(cancellationToken);
        RevocationState state = gateway.Services.GetRequiredService<RevocationState>();
        while (!state.IsFresh)
        {
            await Task.Delay(20, cancellationToken);
        }

        return new SessionCost(gateway, await ConnectionMultiplexer.ConnectAsync(redis + ",allowAdmin=true"), calls);
    }

    private async Task<Round> MeasureAsync(bool login, CancellationToken cancellationToken)
    {
        TimeProvider time = TimeProvider.System;
        var pairs = new AuthResponse[((_calls - 1) / RotationsASession) + 1];
        for (int session = 0; session < pairs.Length; session++)
        {
            pairs[session] = await LoginAsync(cancellationToken);
        }

        long scripts = await ScriptsAsync() - Fetches;
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long began = time.GetTimestamp();
        for (int call = 0; call < _calls; call++)
        {
            int session = call / RotationsASession;
            pairs[session] = login ? await LoginAsync(cancellationToken) : await RefreshAsync(pairs[session], cancellationToken);
        }

        TimeSpan elapsed = time.GetElapsedTime(began);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        scripts = await ScriptsAsync() - Fetches - scripts;
        return new Round((double)scripts / _calls, elapsed.TotalMicroseconds / _calls, cpu.TotalMicroseconds / _calls);
    }

    /// <summary>The fetch of revocations, one script each: all calls share it, so it is none of theirs.</summary>
    private long Fetches => ((CountedCalls<IRevocationLog>)(object)_gateway.Services.GetRequiredService<IRevocationLog>()).Count;

    private Task<AuthResponse> LoginAsync(CancellationToken cancellationToken) => SendAsync(
        context => _gateway.Services.GetRequiredService<LoginEndpoint>().HandleAsync(context, cancellationToken),
        null, new { email = KnownUser.Email, password = "correct horse battery staple" });

    private Task<AuthResponse> RefreshAsync(AuthResponse pair, CancellationToken cancellationToken) => SendAsync(
        context => _gateway.Services.GetRequiredService<RefreshEndpoint>().HandleAsync(context, cancellationToken),
        pair.AccessToken, new { refreshToken = pair.RefreshToken });

    private async Task<AuthResponse> SendAsync(Func<HttpContext, Task<IResult>> handle, string? bearer, object body)
    {
        var context = new DefaultHttpContext { RequestServices = _gateway.Services };
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Method = "POST";
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(body));
        if (bearer is not null)
        {
            context.Request.Headers.Authorization = $"Bearer {bearer}";
        }

        return await handle(context) is IValueHttpResult { Value: AuthResponse answer }
            ? answer
            : throw new InvalidOperationException("A call was refused.");
    }

    private async Task<long> ScriptsAsync()
    {
        IGrouping<string, KeyValuePair<string, string>>[] sections = await _admin.GetServers()[0].InfoAsync("commandstats");
        return sections.SelectMany(section => section)
            .Where(line => line.Key is "cmdstat_eval" or "cmdstat_evalsha")
            .Sum(line => long.Parse(line.Value.Split(',')[0].Split('=')[1], CultureInfo.InvariantCulture));
    }

    private static double Median(IEnumerable<Round> rounds, Func<Round, double> figure)
    {
        double[] sorted = [.. rounds.Select(figure).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private readonly record struct Round(double Scripts, double Elapsed, double Cpu);
}
