using Aivo.Gateway.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-83, SR-84: what a service's answer may say on its way to the client.</summary>
public sealed class ResponseTests
{
    [Theory]
    [InlineData("Server", "nginx/1.2.3")]
    [InlineData("X-Powered-By", "PHP/5")]
    [InlineData("x-aspnet-version", "4")]
    [InlineData("X-AspNetMvc-Version", "5")]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Authenticate", "Basic")]
    public async Task Telltale_IsRemoved(string name, string value)
    {
        RawAnswer answer = await AnswerWithAsync("/open/a", name, value);

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header(name));
    }

    [Theory]
    [InlineData("Set-Cookie", "a=b; Path=/")]
    [InlineData("X-Custom", "1")]
    [InlineData("WWW-Authenticate", "Basic")]
    [InlineData("ETag", "\"1\"")]
    public async Task OrdinaryHeader_Passes(string name, string value)
    {
        RawAnswer answer = await AnswerWithAsync("/open/a", name, value);

        Assert.Equal(value, answer.Header(name));
    }

    [Theory]
    [InlineData("/closed/a", null, "private")]
    [InlineData("/closed/a", "public, max-age=60", "public, max-age=60")]
    [InlineData("/closed/a", "no-store", "no-store")]
    [InlineData("/open/a", null, null)]
    [InlineData("/open/a", "public", "public")]
    public async Task AuthorisedAnswer_IsForNoSharedCache_UnlessTheServiceSaysSo(string path, string? sent, string? arrived)
    {
        RawAnswer answer = await AnswerWithAsync(path, "Cache-Control", sent);

        Assert.Equal(arrived, answer.Header("Cache-Control"));
    }

    private static async Task<RawAnswer> AnswerWithAsync(string path, string name, string? value)
    {
        await using RecordingDestination destination = await RecordingDestination.StartAsync(context =>
        {
            context.Response.Headers[name] = value;
            return context.Response.WriteAsync("ok");
        });
        await using TestGateway gateway = await TestGateway.StartAsync(destination);
        string[] bearer = path == "/closed/a" ? ["Authorization: Bearer good"] : [];
        return await RawHttp.GetAsync(gateway.Port, path, bearer);
    }
}
