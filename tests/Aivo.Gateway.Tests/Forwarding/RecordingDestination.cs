using System.Collections.Concurrent;
using System.Net;
using Aivo.Gateway.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A request as a destination received it.</summary>
internal sealed record Received(string Method, string Target, string Protocol, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A service behind the gateway: records every request, then answers as it was told.</summary>
internal sealed class RecordingDestination : IAsyncDisposable
{
    private readonly WebApplication _server;

    private RecordingDestination(WebApplication server, int port) => (_server, Port) = (server, port);

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}/";

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>The one request since the last call; null where there was none.</summary>
    public Received? Take()
    {
        Received? last = null;
        while (Requests.TryDequeue(out Received? request))
        {
            Assert.Null(last);
            last = request;
        }

        return last;
    }

    public static Task<RecordingDestination> StartAsync() => StartAsync(context => context.Response.WriteAsync("ok"));

    public static async Task<RecordingDestination> StartAsync(
        RequestDelegate answer, HttpProtocols protocols = HttpProtocols.Http1, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        int port = FreePort.Next();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            options.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.UTF8;
            options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);
        });
        builder.Services.AddRouting();
        configure?.Invoke(builder);
        WebApplication server = builder.Build();
        var destination = new RecordingDestination(server, port);
        server.Use(next => context =>
        {
            destination.Requests.Enqueue(new Received(
                context.Request.Method,
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.Protocol,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            return next(context);
        });
        server.UseWebSockets();
        if (map is null)
        {
            server.Run(answer);
        }
        else
        {
            map(server);
        }

        await server.StartAsync();
        return destination;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
