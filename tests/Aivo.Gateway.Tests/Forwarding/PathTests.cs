using Aivo.Gateway.Tests.Http;

namespace Aivo.Gateway.Tests.Forwarding;

/// <summary>SR-74: the path that is authorised is the path that is forwarded, over a real socket on both sides.</summary>
public sealed class PathTests : IAsyncLifetime
{
    private RecordingDestination _destination = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _destination = await RecordingDestination.StartAsync();
        _gateway = await TestGateway.StartAsync(_destination);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _destination.DisposeAsync();
    }

    [Theory]
    [InlineData("/open/a%2fb")]
    [InlineData("/open/a%2Fb")]
    [InlineData("/open/a%5cb")]
    [InlineData("/open/a%5Cb")]
    [InlineData("/open/a\\b")]
    [InlineData("/open/..\\closed")]
    [InlineData("/open/%2e%2e/closed/a")]
    [InlineData("/open/%2E%2E/closed/a")]
    [InlineData("/open/.%2e/closed/a")]
    [InlineData("/open/%2e")]
    [InlineData("/open/a%2ehtml")]
    [InlineData("/open/../closed/a")]
    [InlineData("/open/./a")]
    [InlineData("/open/a/..")]
    [InlineData("/open/a/.")]
    [InlineData("/..")]
    [InlineData("/../closed/a")]
    [InlineData("/open/a/b/../../..")]
    [InlineData("//open/a")]
    [InlineData("/open//a")]
    [InlineData("/open/a//")]
    [InlineData("//localhost/open/a")]
    [InlineData("/open/;/closed")]
    [InlineData("/open/..;/closed/a")]
    [InlineData("/open;x=1/a")]
    [InlineData("/open/a%3bb")]
    [InlineData("/open/a%3Bb")]
    [InlineData("/open/a#b")]
    [InlineData("/open/a%23b")]
    [InlineData("/open/a?b#c")]
    [InlineData("/open/a%0d%0aX-User-Id:%20evil")]
    [InlineData("/open/a%0a")]
    [InlineData("/open/a%1f")]
    [InlineData("/open/a%7f")]
    [InlineData("/open/a%252fb")]
    [InlineData("/open/%252e%252e/closed")]
    [InlineData("/open/a%255cb")]
    [InlineData("/open/a%2500")]
    [InlineData("/open/a%253bb")]
    [InlineData("/open/a%25252fb")]
    [InlineData("/open/%2541")]
    [InlineData("/open/50%25ab")]
    [InlineData("/open/a%25%32%66b")]
    [InlineData("/open/a%252%66b")]
    [InlineData("/open/a%25%32fb")]
    [InlineData("/open/a%c0%af")]
    [InlineData("/open/%c0%ae%c0%ae/closed")]
    [InlineData("/open/a%e0%80%af")]
    [InlineData("/open/a%ff")]
    [InlineData("/open/a%c3")]
    [InlineData("/open/a%ed%a0%80")]
    [InlineData("/open/a%f4%90%80%80")]
    [InlineData("/open/a%zz")]
    [InlineData("/open/a%")]
    [InlineData("/open/a%2")]
    [InlineData("/open/a%u002f")]
    [InlineData("http://other.example/open/a")]
    [InlineData("http://localhost:81/open/a")]
    [InlineData("http://localhost@other.example/open/a")]
    [InlineData("http://localhost/open/../closed/a")]
    [InlineData("http://localhost/open/a%2fb")]
    [InlineData("http://localhost//open/a")]
    [InlineData("ftp://localhost/open/a")]
    [InlineData("open/a")]
    [InlineData("/open/a%00b")]
    [InlineData("/open/\u00e9")]
    [InlineData("/open/a b")]
    public async Task PathWithTwoReadings_IsRefused_AndNothingIsForwarded(string target)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target);

        Assert.Equal(400, answer.Status);
        Assert.True(answer.Body.Length == 0 || answer.Body.Contains("\"bad_request\"", StringComparison.Ordinal), answer.Body);
        Assert.Null(_destination.Take());
    }

    [Fact]
    public async Task Refusal_HasTheContractsShape()
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, "/open/a%2fb");

        Assert.Contains("\"error\":\"bad_request\"", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/open/a", "/open/a")]
    [InlineData("/open/", "/open/")]
    [InlineData("/open/a/", "/open/a/")]
    [InlineData("/open/a.b/.hidden/..c/...", "/open/a.b/.hidden/..c/...")]
    [InlineData("/OPEN/a", "/OPEN/a")]
    [InlineData("/open/a%20b", "/open/a%20b")]
    [InlineData("/open/%61", "/open/a")]
    [InlineData("/%6fpen/a", "/open/a")]
    [InlineData("/open/caf%c3%a9", "/open/caf%C3%A9")]
    [InlineData("/open/100%25", "/open/100%25")]
    [InlineData("/open/100%25off", "/open/100%25off")]
    [InlineData("/open/a:b@c!$&'()*+,=~_-", "/open/a:b@c!$&'()*+,=~_-")]
    [InlineData("/open/a%3db", "/open/a=b")]
    [InlineData("/open/a?", "/open/a?")]
    [InlineData("/open/a?b=%2f%2e%2e%5c%00%3b;d=//../..&e=%C3%A9", "/open/a?b=%2f%2e%2e%5c%00%3b;d=//../..&e=%C3%A9")]
    [InlineData("/open/a?q=a%20b+c&r=%25&s=[1]", "/open/a?q=a%20b+c&r=%25&s=[1]")]
    [InlineData("/open/a??b", "/open/a??b")]
    [InlineData("/open/a%20b?c=%7E&d=\"<>|^`{}'", "/open/a%20b?c=%7E&d=\"<>|^`{}'")]
    [InlineData("http://localhost/open/a?b", "/open/a?b")]
    public async Task PathWithOneReading_IsForwarded(string target, string arrived)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target);

        Assert.Equal(200, answer.Status);
        Assert.Equal(arrived, _destination.Take()!.Target);
    }

    [Theory]
    [InlineData("/closed/a")]
    [InlineData("/CLOSED/a")]
    [InlineData("/%63losed/a")]
    [InlineData("/clos%65d/a")]
    public async Task PathInAnotherSpelling_FallsUnderTheSamePolicy(string target)
    {
        RawAnswer answer = await RawHttp.GetAsync(_gateway.Port, target);

        Assert.Equal(401, answer.Status);
        Assert.Null(_destination.Take());
    }
}
