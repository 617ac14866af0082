using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>What a destination received of one request.</summary>
internal sealed record ReceivedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A service behind the gateway that records what reached it, and answers what the test wants.</summary>
internal sealed class Destination : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Destination(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    public Uri Address { get; }

    public ConcurrentQueue<ReceivedRequest> Received { get; } = new();

    public static async Task<Destination> StartAsync(RequestDelegate? answer = null)
    {
        int port = FreePort.Next();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        WebApplication app = builder.Build();
        var destination = new Destination(app, new Uri($"http://127.0.0.1:{port}/"));
        app.UseWebSockets();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            string body = context.WebSockets.IsWebSocketRequest || answer is not null ? "" : await reader.ReadToEndAsync();
            var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            string target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            destination.Received.Enqueue(new ReceivedRequest(context.Request.Method, target, headers, body));
            if (answer is not null)
            {
                await answer(context);
                return;
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(JsonSerializer.Serialize(headers));
        });
        await app.StartAsync();
        return destination;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
