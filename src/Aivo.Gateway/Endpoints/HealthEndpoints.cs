using System.Text.Json;
using Aivo.Gateway.Http;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Users;

namespace Aivo.Gateway.Endpoints;

/// <summary>
/// Health, on the management listener only. Live says that the process answers; ready says that this node can decide about requests:
/// it is not stopping, has fetched revocations recently from a Redis that it can rely on, its clock is near the store's, and it reaches the
/// user directory.
/// </summary>
/// <param name="redis">Null where sessions are in this process.</param>
internal sealed class HealthEndpoints(
    RevocationState revocation, IUserDirectory users, IHostApplicationLifetime lifetime, Draining draining, RedisServerInspection? redis = null)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    public static Task LiveAsync(HttpContext context) => WriteAsync(context, StatusCodes.Status200OK, "live", []);

    public async Task ReadyAsync(HttpContext context)
    {
        string directory = await DirectoryAsync(context.RequestAborted);
        (string Name, string State, bool Ready)[] checks =
        [
            ("lifetime", draining.HasBegun ? "draining" : lifetime.ApplicationStarted.IsCancellationRequested ? "running" : "starting",
                lifetime.ApplicationStarted.IsCancellationRequested && !draining.HasBegun),
            ("revocation", revocation.Status, revocation.IsFresh),
            ("clock", revocation.IsClockInStep ? "in_step" : "off", revocation.IsClockInStep),
            ("users", directory, directory == "reachable"),
            .. redis is null ? [] : new[] { ("redis", redis.Status, redis.IsReady) },
        ];
        bool ready = checks.All(check => check.Ready);
        await WriteAsync(context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, ready ? "ready" : "not_ready", checks);
    }

    private async Task<string> DirectoryAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Bound);
        try
        {
            await users.CheckAsync(bound.Token);
            return "reachable";
        }
        catch (Exception exception) when (exception is Primitives.StoreUnavailableException or OperationCanceledException)
        {
            return "unreachable";
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string word, (string Name, string State, bool Ready)[] checks)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("status"u8, word);
            if (checks.Length > 0)
            {
                writer.WriteStartObject("checks"u8);
                foreach ((string name, string state, bool _) in checks)
                {
                    writer.WriteString(name, state);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = buffer.Length;
        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
    }
}
