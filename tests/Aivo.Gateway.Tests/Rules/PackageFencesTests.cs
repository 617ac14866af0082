namespace Aivo.Gateway.Tests.Rules;

public sealed class PackageFencesTests
{
    [Fact]
    public void EveryPackageStaysInItsFolders() => Rule.Holds(PackageFences.Violations(RepositoryFiles.Sources()));

    [Theory]
    [InlineData("Endpoints", "using Serilog;")]
    [InlineData("Endpoints", "using OpenTelemetry.Metrics;")]
    [InlineData("Tokens", "using System.Diagnostics.Metrics;")]
    [InlineData("Tokens", "class A(IMeterFactory factory);")]
    [InlineData("Sessions", "class A(ConnectionMultiplexer redis);")]
    [InlineData("Sessions", "class A { const string Script = \"return redis.call('GET', KEYS[1])\"; }")]
    [InlineData("Endpoints", "using StackExchange.Redis;")]
    [InlineData("Authentication", "using Microsoft.IdentityModel.JsonWebTokens;")]
    [InlineData("Hosting", "using Microsoft.Data.Sqlite;")]
    [InlineData("Commands", "using NSec.Cryptography;")]
    [InlineData("Endpoints", "using System.Threading.RateLimiting;")]
    [InlineData("Http", "using Yarp.ReverseProxy.Forwarder;")]
    [InlineData("Http", "class A { Yarp.ReverseProxy.Model.RouteModel? Route { get; } }")]
    [InlineData("", "using Serilog;")]
    public void APackageOutsideItsFence_IsFound(string folder, string code) => Assert.Single(PackageFences.Violations([File(folder, code)]));

    [Theory]
    [InlineData("Telemetry", "using Serilog;\nusing OpenTelemetry.Metrics;")]
    [InlineData("Redis", "using StackExchange.Redis; class A(ConnectionMultiplexer redis) { const string Script = \"redis.call('GET')\"; }")]
    [InlineData("Users", "using Microsoft.Data.Sqlite;\nusing NSec.Cryptography;")]
    [InlineData("Endpoints", "// Yarp.ReverseProxy and Serilog are somewhere else")]
    public void APackageInsideIt_IsNot(string folder, string code) => Assert.Empty(PackageFences.Violations([File(folder, code)]));

    private static SourceFile File(string folder, string text) =>
        new(folder.Length == 0 ? "src/Aivo.Gateway/Program.cs" : $"src/Aivo.Gateway/{folder}/Sample.cs", text);
}
