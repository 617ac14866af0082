using Aivo.Gateway.Primitives;
using Aivo.Gateway.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class BearerVariantTests : IDisposable
{
    private readonly IssuingKit _kit = IssuingKit.Create(new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 500, TimeSpan.Zero)));
    private readonly AccessTokenValidator _validator;

    public BearerVariantTests() => _validator = new AccessTokenValidator(_kit.Keys, _kit.Options, _kit.Time);

    public static TheoryData<string> Names => [.. BearerVariants.All.Select(variant => variant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryVariant_IsRefusedForItsOwnReason(string name)
    {
        BearerVariant variant = BearerVariants.Named(name);

        (string code, string? reason) = Judge(variant.Header(_kit.GoodToken(), _kit), TokenExpiry.Enforced);

        Assert.Equal((variant.Code, variant.Reason), (code, reason));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WithoutExpiry_EverythingElseIsStillRefused(string name)
    {
        BearerVariant variant = BearerVariants.Named(name);

        (string code, string? reason) = Judge(variant.Header(_kit.GoodToken(), _kit), TokenExpiry.Ignored);

        (string, string?) expected = variant.Reason == TokenRefusals.Expired ? ("accepted", null) : (variant.Code, variant.Reason);
        Assert.Equal(expected, (code, reason));
    }

    [Theory]
    [InlineData("Bearer ")]
    [InlineData("bearer ")]
    [InlineData("BEARER ")]
    [InlineData("Bearer  ")]
    public void TheTokenTheVariantsAreMadeFrom_IsAccepted(string scheme) =>
        Assert.Equal(("accepted", null), Judge(scheme + _kit.GoodToken(), TokenExpiry.Enforced));

    [Fact]
    public void TheTable_CanBeSentOverASocket()
    {
        string good = _kit.GoodToken();
        Assert.Equal(BearerVariants.All.Count, BearerVariants.All.Select(variant => variant.Name).Distinct().Count());
        Assert.All(BearerVariants.All, variant => Assert.DoesNotContain(variant.Header(good, _kit), character => character is not ('\t' or (>= ' ' and <= '~'))));
        Assert.True(BearerVariants.All.Count >= 60);
    }

    [Fact]
    public void EveryReason_HasAVariant() =>
        Assert.Equal(TokenRefusals.All.Order(), BearerVariants.All.Select(variant => variant.Reason).OfType<string>().Distinct().Order());

    [Fact]
    public void AbsentHeader_IsUnauthenticated()
    {
        Assert.Null(BearerHeader.TokenIn(null, out Denial? denial));
        Assert.Same(Denial.Unauthenticated, denial);
    }

    public void Dispose() => _kit.Dispose();

    private (string Code, string? Reason) Judge(string header, TokenExpiry expiry)
    {
        if (BearerHeader.TokenIn(header, out Denial? denial) is not { } token)
        {
            return (denial!.Code, null);
        }

        return _validator.Validate(token, expiry, out string? reason) is null ? (Denial.InvalidToken.Code, reason) : ("accepted", reason);
    }
}
