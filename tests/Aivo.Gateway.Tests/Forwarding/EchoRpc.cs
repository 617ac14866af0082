using System.Text;
using Grpc.Core;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>A gRPC service without generated code: texts as UTF-8. The binder looks for virtual methods, so it is not sealed.</summary>
[BindServiceMethod(typeof(EchoRpc), nameof(Bind))]
public class EchoRpc
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static readonly Method<string, string> UnaryCall = new(MethodType.Unary, "test.Echo", "Unary", Text, Text);
    public static readonly Method<string, string> DuplexCall = new(MethodType.DuplexStreaming, "test.Echo", "Duplex", Text, Text);

    public static void Bind(ServiceBinderBase binder, EchoRpc? service)
    {
        binder.AddMethod(UnaryCall, service is null ? null! : service.Unary);
        binder.AddMethod(DuplexCall, service is null ? null! : service.Duplex);
    }

    public virtual async Task<string> Unary(string request, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        return request == "fail"
            ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "as asked"))
            : $"{request} from {context.RequestHeaders.GetValue("x-user-id")}";
    }

    public virtual async Task Duplex(IAsyncStreamReader<string> requests, IServerStreamWriter<string> answers, ServerCallContext context)
    {
        await foreach (string request in requests.ReadAllAsync(context.CancellationToken))
        {
            await answers.WriteAsync(request + "!", context.CancellationToken);
        }
    }
}
