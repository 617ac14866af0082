using Aivo.Gateway.Configuration;
using CsCheck;

namespace Aivo.Gateway.Tests.Configuration;

public sealed class DurationsTests
{
    [Fact]
    public void EveryDuration_IsReadBackAsItIsWritten() =>
        Gen.Long[0, (long)TimeSpan.FromDays(100_000).TotalMilliseconds - 1].Sample(milliseconds =>
        {
            var value = TimeSpan.FromMilliseconds(milliseconds);
            return Durations.TryParse(Durations.Format(value), out TimeSpan read) && read == value;
        });

    [Fact]
    public void NoOtherSpelling_IsReadAsADuration() =>
        Gen.String[Gen.Char["0123456789:.-+ dhms"], 0, 14].Sample(text =>
            !Durations.TryParse(text, out TimeSpan value) || text.Split(':').Length == 3 && value >= TimeSpan.Zero);

    [Theory]
    [InlineData("00:05:00", 300_000)]
    [InlineData("1.02:03:04.005", 93_784_005)]
    [InlineData("00:00:00.1", 100)]
    public void TheDocumentedSpelling_IsRead(string text, long milliseconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("5.00")]
    [InlineData("00:05")]
    [InlineData("24:00:00")]
    [InlineData("00:60:00")]
    [InlineData("00:00:00.0001")]
    [InlineData("-00:00:01")]
    [InlineData("00:00:01\n")]
    [InlineData("٠٠:٠٥:٠٠")]
    [InlineData("PT5M")]
    public void OtherSpellings_AreRefused(string text) => Assert.False(Durations.TryParse(text, out _));
}
