using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using Aivo.Gateway.Tests.Faults;
using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary>
/// Reloads under load: a route goes to and fro between two rules that differ in everything, and each answer must be of one of them, whole.
/// It takes whatever processors there are, so nothing runs beside it. <c>AIVO_TEST_RELOADS</c> sets how many reloads; 30 when it is not set.
/// </summary>
[Collection(FaultSuite.Name)]
public sealed class ReloadLoadTests
{
    private const int Clients = 8;

    /// <summary>Who may pass, what the route adds, and where it goes.</summary>
    private sealed record Side(string Name, string Role);

    private static readonly Side Odd = new("odd", "learner");
    private static readonly Side Even = new("even", "tenant_admin");

    [Fact]
    public async Task NoRequestFails_AndNoneIsHalfOfAnOldAndHalfOfANewRule()
    {
        int reloads = int.Parse(Environment.GetEnvironmentVariable("AIVO_TEST_RELOADS") ?? "30", CultureInfo.InvariantCulture);
        await using RecordingDestination odd = await DestinationAsync(Odd);
        await using RecordingDestination even = await DestinationAsync(Even);
        using var directory = new TemporaryDirectory();
        string file = directory.File("gateway.json");
        await WriteAsync(file, Odd, odd);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(("GATEWAY_CONFIG", file), ("Gateway:ReloadInterval", "00:00:00.100"), ("Tokens:AccessTokenLifetime", "00:15:00"));
        using HttpClient learner = await SignedInAsync(gateway, DemoGateway.Learner);
        using HttpClient administrator = await SignedInAsync(gateway, "admin@example.com");

        using var ended = new CancellationTokenSource();
        var faults = new ConcurrentQueue<string>();
        Task<Counts>[] clients = [.. Enumerable.Range(0, Clients).Select(number => Task.Run(() => AskAsync(number % 2 == 0 ? learner : administrator, faults, ended.Token)))];
        for (int reload = 1; reload <= reloads && faults.IsEmpty; reload++)
        {
            Side side = reload % 2 == 0 ? Odd : Even;
            await WriteAsync(file, side, side == Odd ? odd : even);
            HttpClient allowed = side == Odd ? learner : administrator;
            await Eventually.TrueAsync(async () => await StatusAsync(allowed) == HttpStatusCode.OK, () => $"reload {reload} is not in use: {string.Join('\n', gateway.Log.TakeLast(5))}");
        }

        await ended.CancelAsync();
        Counts[] counts = await Task.WhenAll(clients);

        Assert.Empty(faults);
        TestContext.Current.TestOutputHelper?.WriteLine($"{counts.Sum(count => count.Passed)} passed, {counts.Sum(count => count.Refused)} refused, {counts.Sum(count => count.Steady)} on the route beside, {reloads} reloads");
        Assert.All(counts, count => Assert.True(count is { Passed: > 0, Refused: > 0, Steady: > 0 }, count.ToString()));
        Assert.Equal(reloads, gateway.Log.Count(line => line.Contains("ConfigurationReloaded", StringComparison.Ordinal)));
        Assert.DoesNotContain(gateway.Log, line => line.Contains("ConfigurationError", StringComparison.Ordinal));
    }

    private sealed record Counts(int Passed, int Refused, int Steady);

    private static async Task<Counts> AskAsync(HttpClient client, ConcurrentQueue<string> faults, CancellationToken ended)
    {
        var counts = new Counts(0, 0, 0);
        while (!ended.IsCancellationRequested && faults.IsEmpty)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri("/pair/a", UriKind.Relative), CancellationToken.None);
                counts = answer.StatusCode == HttpStatusCode.OK ? counts with { Passed = counts.Passed + 1 } : counts with { Refused = counts.Refused + 1 };
                string body = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                if (!IsWhole(answer.StatusCode, body))
                {
                    faults.Enqueue($"{(int)answer.StatusCode} {body}");
                }

                using HttpResponseMessage steady = await client.GetAsync(new Uri("/steady/a", UriKind.Relative), CancellationToken.None);
                counts = counts with { Steady = counts.Steady + 1 };
                if (steady.StatusCode != HttpStatusCode.OK)
                {
                    faults.Enqueue($"beside: {(int)steady.StatusCode} {await steady.Content.ReadAsStringAsync(CancellationToken.None)}");
                }
            }
            catch (HttpRequestException exception)
            {
                faults.Enqueue(exception.ToString());
            }
        }

        return counts;
    }

    /// <summary>What passed has the role that its rule asks for, the header that its rule sets, and came to its rule's destination.</summary>
    private static bool IsWhole(HttpStatusCode status, string body) => status switch
    {
        HttpStatusCode.OK => body == $"{Odd.Name} {Odd.Name} {Odd.Role}" || body == $"{Even.Name} {Even.Name} {Even.Role}",
        HttpStatusCode.Forbidden => body.Contains("\"rule\":\"role\"", StringComparison.Ordinal),
        _ => false,
    };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/pair/a", UriKind.Relative), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static Task<RecordingDestination> DestinationAsync(Side side) => RecordingDestination.StartAsync(
        context => context.Response.WriteAsync($"{side.Name} {context.Request.Headers["X-Rule"]} {context.Request.Headers["X-User-Role"]}"));

    private static async Task<HttpClient> SignedInAsync(GatewayProcess gateway, string email)
    {
        var http = new HttpClient { BaseAddress = gateway.Address };
        ContractClient.AuthResponse pair = await new ContractClient(http).LoginAsync(email, DemoGateway.Password);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", pair.AccessToken);
        return http;
    }

    /// <summary>The role stands behind a policy's name, so that the route itself says the same in both.</summary>
    private static async Task WriteAsync(string file, Side side, RecordingDestination destination)
    {
        await File.WriteAllTextAsync(file + ".new", $$"""
            {
              "Gateway": { "Policies": { "pair": { "Roles": [ "{{side.Role}}" ] } } },
              "ReverseProxy": {
                "Routes": {
                  "pair": {
                    "ClusterId": "own", "AuthorizationPolicy": "pair", "Match": { "Path": "/pair/{**rest}" },
                    "Transforms": [ { "RequestHeader": "X-Rule", "Set": "{{side.Name}}" } ]
                  },
                  "steady": { "ClusterId": "own", "AuthorizationPolicy": "anonymous", "Match": { "Path": "/steady/{**rest}" } }
                },
                "Clusters": { "own": { "Destinations": { "one": { "Address": "{{destination.Address}}" } } } }
              }
            }
            """);
        File.Move(file + ".new", file, overwrite: true);
    }
}
