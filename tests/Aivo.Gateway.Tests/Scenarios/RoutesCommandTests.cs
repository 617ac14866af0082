using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Scenarios;

/// <summary><c>routes</c>, as an operator runs it.</summary>
public sealed class RoutesCommandTests
{
    [Fact]
    public async Task WithoutARequest_EveryRouteIsPrinted()
    {
        (int exit, string output, string error) = await RunAsync([]);

        Assert.Equal((0, ""), (exit, error));
        Assert.StartsWith("demo\n  path: /demo/{**rest}\n  policy: default\n  caller: signed in\n", output, StringComparison.Ordinal);
        Assert.Contains("public\n  path: /public/{**rest}\n  policy: anonymous\n  caller: everyone, and nobody is known\n", output, StringComparison.Ordinal);
        Assert.EndsWith("2 routes\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfARequest_ItsRouteAndItsRulesArePrinted_AndWhyTheOthersDoNotTakeIt()
    {
        (int exit, string output, string error) = await RunAsync(["GET", "/demo/5?a=b", "--host", "localhost", "--header", "X-Kind: a"], ("ReverseProxy:Routes:demo:Metadata:Roles", "learner"));

        Assert.Equal((0, ""), (exit, error));
        Assert.StartsWith("GET /demo/5: route demo\ndemo\n", output, StringComparison.Ordinal);
        Assert.Contains("\n  caller: role is \"learner\"\n", output, StringComparison.Ordinal);
        Assert.EndsWith("  {rest}: 5\nnot public: the path does not match\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestThatReachesNoRoute_ExitsWithOne()
    {
        (int exit, string output, _) = await RunAsync(["GET", "/nowhere"]);

        Assert.Equal(1, exit);
        Assert.StartsWith("GET /nowhere: no route matches: 404\nnot demo: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongConfiguration_IsReportedAsByConfigCheck()
    {
        (int exit, string output, string error) = await RunAsync([], ("ReverseProxy:Routes:demo:Metadata:Roles", "learner,,"));

        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("ReverseProxy:Routes:demo:Metadata:Roles = 'learner,,'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("GET", "nowhere")]
    [InlineData("GET", "/a", "--header", "x")]
    public async Task LineThatDoesNotParse_ExitsWithTwo(params string[] arguments) => Assert.Equal(2, (await RunAsync(arguments)).ExitCode);

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, params (string Key, string Value)[] settings) =>
        GatewayProcess.RunAsync(["routes", .. arguments], null, [("DOTNET_ENVIRONMENT", "Development"), .. settings]);
}
