using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>gRPC over cleartext HTTP/2 on both sides: bodies, trailers and both directions at once.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private static readonly Metadata Bearer = new() { { "authorization", "Bearer good" } };
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;
    private GrpcChannel _channel = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync(
            _ => Task.CompletedTask, HttpProtocols.Http2, builder => builder.Services.AddGrpc(), server =>
            {
                server.UseRouting();
                server.MapGrpcService<EchoRpc>();
            });
        _gateway = await TestGateway.StartAsync(_destination, new TestGateway
        {
            Settings =
            {
                ["ReverseProxy:Routes:rpc:ClusterId"] = "up",
                ["ReverseProxy:Routes:rpc:Match:Path"] = "/test.Echo/{method}",
                ["ReverseProxy:Routes:rpc:AuthorizationPolicy"] = "default",
                ["ReverseProxy:Clusters:up:HttpRequest:Version"] = "2",
                ["ReverseProxy:Clusters:up:HttpRequest:VersionPolicy"] = "RequestVersionExact",
            },
        });
        _channel = GrpcChannel.ForAddress($"http://localhost:{_gateway.Http2Port}");
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Fact]
    public async Task UnaryCall_ArrivesWithIdentity()
    {
        string answer = await _channel.CreateCallInvoker()
            .AsyncUnaryCall(EchoRpc.UnaryCall, null, new CallOptions(Bearer, cancellationToken: TestContext.Current.CancellationToken), "hello");

        Assert.Equal("hello from user-1", answer);
        Assert.Equal("trailers", _destination.Take()!.Header("te"));
    }

    [Fact]
    public async Task FailedCall_KeepsItsTrailers()
    {
        RpcException thrown = await Assert.ThrowsAsync<RpcException>(() => _channel.CreateCallInvoker()
            .AsyncUnaryCall(EchoRpc.UnaryCall, null, new CallOptions(Bearer, cancellationToken: TestContext.Current.CancellationToken), "fail").ResponseAsync);

        Assert.Equal(new Status(StatusCode.FailedPrecondition, "as asked").ToString(), new Status(thrown.StatusCode, thrown.Status.Detail).ToString());
    }

    [Fact]
    public async Task DuplexCall_IsNotBuffered()
    {
        using AsyncDuplexStreamingCall<string, string> call = _channel.CreateCallInvoker()
            .AsyncDuplexStreamingCall(EchoRpc.DuplexCall, null, new CallOptions(Bearer, cancellationToken: TestContext.Current.CancellationToken));

        foreach (string text in new[] { "one", "two", "three" })
        {
            await call.RequestStream.WriteAsync(text, TestContext.Current.CancellationToken);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(text + "!", call.ResponseStream.Current);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task CallWithoutToken_IsUnauthenticated()
    {
        RpcException thrown = await Assert.ThrowsAsync<RpcException>(() => _channel.CreateCallInvoker()
            .AsyncUnaryCall(EchoRpc.UnaryCall, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), "hello").ResponseAsync);

        Assert.Equal(StatusCode.Unauthenticated, thrown.StatusCode);
        Assert.Null(_destination.Take());
    }
}
