using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Scenarios;
using Aivo.Gateway.Tests.Sessions.Model;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// One honest client, as docs/clients.md asks for: it forwards through whichever node, refreshes, logs out, logs in again, repeats what
/// was put off, and tells the judge of everything that it may never see. Nothing of it runs twice at once but the requests around a
/// log-out.
/// </summary>
internal sealed class LoadClient(FaultFleet fleet, ulong seed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SeededRandom _random = new(seed);
    private ContractClient.AuthResponse? _pair;
    private bool _leaving;

    private Judge Judge => fleet.Judge;

    /// <summary>The pair it holds; null between a log-out and the next log-in.</summary>
    public ContractClient.AuthResponse? Pair => _pair;

    /// <summary>A log-out was sent and not confirmed: it may have happened.</summary>
    public bool IsLeaving => _leaving;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await StepAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(40 + _random.Below(120)), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Logs in where it is logged out; else refreshes and forwards: what an honest client can do at any time. False: it was put off.</summary>
    public async Task<bool> IsWellAsync(FleetNode node)
    {
        if (_leaving)
        {
            await LogoutAsync(node);
        }

        bool has = _pair is null ? await LoginAsync(node) : await RefreshAsync(node);
        return has && _pair is not null && await ForwardAsync(node) == HttpStatusCode.OK;
    }

    public async Task<bool> LoginAsync(FleetNode node)
    {
        (HttpStatusCode? status, string body) = await SendAsync(
            node, HttpMethod.Post, "/auth/v1/login", null, new { email = DemoGateway.Learner, password = DemoGateway.Password }, TimeSpan.FromSeconds(10));
        return Took(node, "log-in", status, body);
    }

    /// <summary>Forwards once; where the node does not accept the token, one refresh must repair it.</summary>
    public async Task<HttpStatusCode?> ForwardAsync(FleetNode node)
    {
        ContractClient.AuthResponse pair = _pair!;
        long sentAt = TimeProvider.System.GetTimestamp();
        (HttpStatusCode? status, string body) = await SendAsync(node, HttpMethod.Get, $"/demo/{node.Number}", pair.AccessToken);
        switch (status)
        {
            case HttpStatusCode.OK:
                Judge.ServedBy(node.Number, sentAt);
                break;
            case HttpStatusCode.Unauthorized when !_leaving:
                await RepairAsync(node, pair);
                break;
            case HttpStatusCode.Unauthorized:
                break;
            case null or HttpStatusCode.ServiceUnavailable:
                Judge.PutOffBy(status);
                break;
            default:
                Judge.Broken($"V2: node {node.Number} answered a forward {(int)status}: {body}");
                break;
        }

        return status;
    }

    public async Task<HttpStatusCode?> LogoutAsync(FleetNode node)
    {
        ContractClient.AuthResponse pair = _pair!;
        _leaving = true;
        long sentAt = TimeProvider.System.GetTimestamp();
        (HttpStatusCode? status, string body) = await SendAsync(node, HttpMethod.Post, "/auth/v1/logout", pair.AccessToken, null, TimeSpan.FromSeconds(6));
        long answeredAt = TimeProvider.System.GetTimestamp();
        if (status == HttpStatusCode.NoContent)
        {
            fleet.Ended(pair, answeredAt);
            Judge.LogoutTimes.Enqueue(TimeProvider.System.GetElapsedTime(sentAt, answeredAt));
            (_pair, _leaving) = (null, false);
        }
        else if (status is null or HttpStatusCode.ServiceUnavailable)
        {
            Judge.PutOffBy(status);
        }
        else
        {
            Judge.Broken($"V3: node {node.Number} answered a log-out {(int)status}: {body}");
        }

        return status;
    }

    public async Task<bool> RefreshAsync(FleetNode node)
    {
        ContractClient.AuthResponse pair = _pair!;
        (HttpStatusCode? status, string body) = await SendAsync(
            node, HttpMethod.Post, "/auth/v1/refresh", pair.AccessToken, new { refreshToken = pair.RefreshToken }, Patience);
        if (status == HttpStatusCode.Unauthorized && fleet.LosesSessions)
        {
            _pair = null;
            return false;
        }

        return Took(node, "refresh", status, body);
    }

    private async Task StepAsync()
    {
        FleetNode node = fleet.AnyNode(_random);
        if (_pair is null)
        {
            await LoginAsync(node);
        }
        else if (_leaving || _random.Chance(0.06))
        {
            await LeaveAsync(node);
        }
        else if (_random.Chance(0.08))
        {
            await RefreshAsync(node);
        }
        else
        {
            await ForwardAsync(node);
        }
    }

    /// <summary>Logs out while requests of the same session go to every node, before the answer and right after it.</summary>
    private async Task LeaveAsync(FleetNode node)
    {
        ContractClient.AuthResponse pair = _pair!;
        Task<HttpStatusCode?> logout = LogoutAsync(node);
        do
        {
            await Task.WhenAll(fleet.Nodes.Select(other => SendAsync(other, HttpMethod.Get, $"/demo/{other.Number}", pair.AccessToken)));
        }
        while (!logout.IsCompleted);
        await Task.WhenAll(fleet.Nodes.Select(other => SendAsync(other, HttpMethod.Get, $"/demo/{other.Number}", pair.AccessToken)));
    }

    private async Task RepairAsync(FleetNode node, ContractClient.AuthResponse refused)
    {
        if (!await RefreshAsync(node))
        {
            return;
        }

        (HttpStatusCode? status, string body) = await SendAsync(node, HttpMethod.Get, $"/demo/{node.Number}", _pair!.AccessToken);
        if (status == HttpStatusCode.Unauthorized)
        {
            Judge.Broken($"V2: node {node.Number} answers 401 after a refresh ({(refused == _pair ? "the same" : "a new")} pair): {body}");
        }
    }

    private bool Took(FleetNode node, string what, HttpStatusCode? status, string body)
    {
        if (status == HttpStatusCode.OK)
        {
            var pair = JsonSerializer.Deserialize<ContractClient.AuthResponse>(body, ContractClient.Strict)!;
            SecretLedger.Note(pair.AccessToken);
            SecretLedger.Note(pair.RefreshToken);
            _pair = pair;
            return true;
        }

        if (status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
        {
            Judge.PutOffBy(status);
        }
        else
        {
            Judge.Broken($"V4: node {node.Number} answered an honest {what} {(int)status}: {body}");
        }

        return false;
    }

    private static Task<(HttpStatusCode? Status, string Body)> SendAsync(FleetNode node, HttpMethod method, string path, string? accessToken) =>
        SendAsync(node, method, path, accessToken, null, Patience);

    /// <summary>One request. No status means no answer: the node is gone, stopped, or slower than the client is patient.</summary>
    public static async Task<(HttpStatusCode? Status, string Body)> SendAsync(
        FleetNode node, HttpMethod method, string path, string? accessToken, object? body, TimeSpan patience)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        using var abandoned = new CancellationTokenSource(patience);
        try
        {
            using HttpResponseMessage answer = await node.SendAsync(request, abandoned.Token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(abandoned.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return (null, "");
        }
    }
}
