using Aivo.Gateway.Http;
using Microsoft.Extensions.Configuration;

namespace Aivo.Gateway.Tests.Configuration;

/// <summary>Why the gateway does not use the framework's binder: docs/adr/0003 rests on these.</summary>
public sealed class FrameworkBinderTests
{
    [Fact]
    public void TheBinder_ReadsABareNumberAsDays() => Assert.Equal(TimeSpan.FromDays(5), Bind(("Lease", "5")).Lease);

    [Fact]
    public void TheBinder_IgnoresUnknownKeys() => Assert.Equal(TimeSpan.FromSeconds(1), Bind(("Leese", "00:00:09")).Lease);

    [Fact]
    public void TheBinder_SkipsASectionWhereAValueBelongs() => Assert.Equal(9090, Bind(("Port:Number", "1")).Port);

    [Fact]
    public void TheBinder_TakesNumbersThatAreNoMembers() => Assert.False(Enum.IsDefined(Bind(("Store", "42")).Store));

    [Fact]
    public void TheBinder_StopsAtTheFirstError()
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Bind(("Lease", "soon"), ("Port", "many")));
        Assert.NotEqual(exception.Message.Contains("Lease", StringComparison.Ordinal), exception.Message.Contains("Port", StringComparison.Ordinal));
    }

    private static Options Bind(params (string Key, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, pair.Value))).Build().Get<Options>()!;

    private sealed class Options
    {
        public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(1);

        public int Port { get; set; } = 9090;

        public StoreKind Store { get; set; }
    }
}
