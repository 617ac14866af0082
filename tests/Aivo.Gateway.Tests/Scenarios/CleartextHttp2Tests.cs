using Aivo.Gateway.Tests.Forwarding;
using Aivo.Gateway.Tests.Http;
using Aivo.Gateway.Tests.Infrastructure;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary><c>Gateway:Http2Port</c>: HTTP/2 by prior knowledge without TLS, and gRPC through it with a real access token.</summary>
public sealed class CleartextHttp2Tests : IAsyncLifetime
{
    private readonly int _port = FreePort.Next();
    private RecordingDestination _destination = null!;
    private GatewayProcess _gateway = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync(
            _ => Task.CompletedTask, HttpProtocols.Http2, builder => builder.Services.AddGrpc(), server =>
            {
                server.UseRouting();
                server.MapGrpcService<EchoRpc>();
            });
        _gateway = await GatewayProcess.StartAsync(
            ("Gateway:Http2Port", $"{_port}"),
            ("ReverseProxy:Routes:rpc:ClusterId", "rpc"),
            ("ReverseProxy:Routes:rpc:Match:Path", "/test.Echo/{method}"),
            ("ReverseProxy:Routes:rpc:AuthorizationPolicy", "default"),
            ("ReverseProxy:Clusters:rpc:HttpRequest:Version", "2"),
            ("ReverseProxy:Clusters:rpc:HttpRequest:VersionPolicy", "RequestVersionExact"),
            ("ReverseProxy:Clusters:rpc:Destinations:one:Address", _destination.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Fact]
    public async Task Http2Port_SpeaksHttp2ByPriorKnowledge_AndNothingElse()
    {
        using HttpResponseMessage answer = await GetAsync(_port, HttpVersion.Version20);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.NotEqual(200, (await RawHttp.GetAsync(_port, "/public/x")).Status);

        // The other listeners have no cleartext HTTP/2.
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_gateway.Port, HttpVersion.Version20));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_gateway.Management.Port, HttpVersion.Version20));
    }

    [Fact]
    public async Task Grpc_PassesThrough_WithTheCallersIdentity_InBothDirectionsAtOnce()
    {
        using var http = new HttpClient { BaseAddress = _gateway.Address };
        ContractClient.AuthResponse pair = await new ContractClient(http).LoginAsync(DemoGateway.Learner, DemoGateway.Password);
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://localhost:{_port}");
        CallInvoker calls = channel.CreateCallInvoker();
        var signedIn = new CallOptions(new Metadata { { "authorization", $"Bearer {pair.AccessToken}" } }, cancellationToken: Cancellation);

        Assert.Equal($"hello from {pair.User.Id}", await calls.AsyncUnaryCall(EchoRpc.UnaryCall, null, signedIn, "hello"));
        string bearer = _destination.Take()!.Header("authorization")!.Split(' ')[1];
        Assert.Equal("internal+jwt", new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(bearer).Typ);
        using (AsyncDuplexStreamingCall<string, string> duplex = calls.AsyncDuplexStreamingCall(EchoRpc.DuplexCall, null, signedIn))
        {
            foreach (string text in new[] { "one", "two" })
            {
                await duplex.RequestStream.WriteAsync(text, Cancellation);
                Assert.True(await duplex.ResponseStream.MoveNext(Cancellation));
                Assert.Equal(text + "!", duplex.ResponseStream.Current);
            }

            await duplex.RequestStream.CompleteAsync();
            Assert.False(await duplex.ResponseStream.MoveNext(Cancellation));
        }

        _destination.Requests.Clear();
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => calls.AsyncUnaryCall(EchoRpc.UnaryCall, null, new CallOptions(cancellationToken: Cancellation), "hello").ResponseAsync);
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.Empty(_destination.Requests);
    }

    private static async Task<HttpResponseMessage> GetAsync(int port, Version version)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://localhost:{port}/public/x") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return await http.SendAsync(request, Cancellation);
    }
}
