using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>
/// An honest client as docs/clients.md asks for: it presents the newest refresh token it has, gives up after its time-out, never
/// replaces a token by an older one, and repeats after 429, 503 and lost answers. What it gets instead of a new pair, it counts.
/// </summary>
internal sealed class RefreshingClient(IReadOnlyList<HttpClient> gateways, TimeSpan timeout, ContractClient.AuthResponse login)
{
    private readonly List<ContractClient.AuthResponse> _earlier = [];
    private int _next;

    /// <summary>The pair with the highest number received.</summary>
    public ContractClient.AuthResponse Pair { get; private set; } = login;

    /// <summary>Pairs that it had before, oldest first.</summary>
    public IReadOnlyList<ContractClient.AuthResponse> Earlier => _earlier;

    public int Succeeded { get; private set; }

    /// <summary>Answers 429 and 503, and requests without one.</summary>
    public int PutOff { get; private set; }

    /// <summary>Every other answer: an honest client has to see none.</summary>
    public List<string> Refused { get; } = [];

    /// <summary>The <c>n</c> of a refresh token, as a client may read it.</summary>
    public static int Number(string refreshToken)
    {
        using JsonDocument payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(refreshToken.Split('.')[1]));
        return payload.RootElement.GetProperty("n").GetInt32();
    }

    /// <summary>Refreshes again and again, with a pause, until told to stop.</summary>
    public async Task RunAsync(TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await RefreshAsync(CancellationToken.None);
            await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One attempt, at the next gateway in turn.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        ContractClient.AuthResponse presented = Pair;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/refresh");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", presented.AccessToken);
        request.Content = JsonContent.Create(new { refreshToken = presented.RefreshToken });
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        abandoned.CancelAfter(timeout);
        try
        {
            using HttpResponseMessage answer = await gateways[_next++ % gateways.Count].SendAsync(request, abandoned.Token);
            string body = await answer.Content.ReadAsStringAsync(abandoned.Token);
            Take(answer.StatusCode, body);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            PutOff++;
        }
    }

    private void Take(HttpStatusCode status, string body)
    {
        if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
        {
            PutOff++;
        }
        else if (status != HttpStatusCode.OK)
        {
            Refused.Add($"{(int)status}: {body}");
        }
        else
        {
            var pair = JsonSerializer.Deserialize<ContractClient.AuthResponse>(body, ContractClient.Strict)!;
            SecretLedger.Note(pair.AccessToken);
            SecretLedger.Note(pair.RefreshToken);
            Succeeded++;
            if (Number(pair.RefreshToken) > Number(Pair.RefreshToken))
            {
                _earlier.Add(Pair);
                Pair = pair;
            }
        }
    }
}
