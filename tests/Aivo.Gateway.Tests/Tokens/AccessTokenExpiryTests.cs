using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;
using CsCheck;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class AccessTokenExpiryTests
{
    private static readonly DateTimeOffset Noon = new(2031, 5, 6, 12, 0, 0, 123, TimeSpan.Zero);

    /// <summary>Lives of 1 to 15 minutes, whole seconds or not, with every percentage.</summary>
    private static readonly Gen<TokensOptions> SomeOptions = Gen.Select(Gen.Int[60_000, 900_000], Gen.Int[0, 5]).Select((milliseconds, percent) =>
        IssuingKit.SomeOptions with { AccessTokenLifetime = TimeSpan.FromMilliseconds(milliseconds), ExpiryJitter = percent });

    private static readonly Gen<TokenId> SomeId = Gen.Byte.Array[18].Select(bytes => TokenId.FromHash(bytes));

    [Fact]
    public void Life_IsShortenedByAtMostItsShare_AndNeverLengthened() =>
        Gen.Select(SomeOptions, SomeId, Gen.Long[0, TimeSpan.TicksPerDay]).Sample((options, id, ticks) =>
        {
            DateTimeOffset issued = Noon.AddTicks(ticks);
            DateTimeOffset expires = AccessTokenExpiry.For(id, issued, options);

            long life = expires.ToUnixTimeSeconds() - issued.ToUnixTimeSeconds();
            double configured = Math.Floor(options.AccessTokenLifetime.TotalSeconds);
            Assert.InRange(life, configured * (100 - options.ExpiryJitter) / 100, configured);
            Assert.Equal(0, expires.Ticks % TimeSpan.TicksPerSecond);
            Assert.Equal(expires, AccessTokenExpiry.For(id, issued, options));
        });

    [Fact]
    public void ShortestLife_StaysAtLeast57Seconds()
    {
        TokensOptions options = IssuingKit.SomeOptions with { AccessTokenLifetime = TimeSpan.FromMinutes(1) };

        Assert.Equal(57, Lives(options, 1_000).Min());
    }

    [Fact]
    public void Lives_AreSpreadEvenlyOverTheLeaves()
    {
        var counts = Lives(IssuingKit.SomeOptions, 16_000).GroupBy(life => life).ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal(Enumerable.Range(285, 16).Select(life => (long)life), counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 800, 1_200));
    }

    [Fact]
    public void WithoutJitter_EveryLifeIsTheConfiguredOne() =>
        Assert.All(Lives(IssuingKit.SomeOptions with { ExpiryJitter = 0 }, 100), life => Assert.Equal(300, life));

    private static IEnumerable<long> Lives(TokensOptions options, int count) => Enumerable.Range(0, count).Select(number =>
        AccessTokenExpiry.For(TokenIds.ForLeaf($"label {number}", Noon), Noon, options).ToUnixTimeSeconds() - Noon.ToUnixTimeSeconds());
}
