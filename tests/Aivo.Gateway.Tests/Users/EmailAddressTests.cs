using Aivo.Gateway.Users;
using CsCheck;

namespace Aivo.Gateway.Tests.Users;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("learner@example.com", "learner@example.com")]
    [InlineData("Learner@EXAMPLE.com", "learner@example.com")]
    [InlineData("KIM@example.com", "kim@example.com")]
    [InlineData("INES@example.com", "ines@example.com")]
    [InlineData("a@b.co", "a@b.co")]
    [InlineData("first.last@example.com", "first.last@example.com")]
    [InlineData("first+tag@example.com", "first+tag@example.com")]
    [InlineData("o'brien@example.com", "o'brien@example.com")]
    [InlineData("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("a@sub.sub.example.co.uk", "a@sub.sub.example.co.uk")]
    [InlineData("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de")]
    [InlineData("a@1and1.com", "a@1and1.com")]
    [InlineData("a@9.9.c0m", "a@9.9.c0m")]
    [InlineData("0@0.com", "0@0.com")]
    public void Address_IsLoweredByAsciiRulesOnly(string text, string expected)
    {
        Assert.True(EmailAddress.TryNormalise(text, out string? normalised));
        Assert.Equal(expected, normalised);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("a")]
    [InlineData("a@")]
    [InlineData("@example.com")]
    [InlineData("a@localhost")]
    [InlineData("a@@example.com")]
    [InlineData("a@b@example.com")]
    [InlineData("a@example.com@")]
    [InlineData(" a@example.com")]
    [InlineData("a@example.com ")]
    [InlineData("a @example.com")]
    [InlineData("a@ example.com")]
    [InlineData("a@example.com.")]
    [InlineData("a@.example.com")]
    [InlineData("a@example..com")]
    [InlineData(".a@example.com")]
    [InlineData("a.@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData("a@-example.com")]
    [InlineData("a@example-.com")]
    [InlineData("a@exa_mple.com")]
    [InlineData("a@127.0.0.1")]
    [InlineData("a@[127.0.0.1]")]
    [InlineData("a@example.123")]
    [InlineData("\"a b\"@example.com")]
    [InlineData("a(comment)@example.com")]
    [InlineData("Ann <a@example.com>")]
    [InlineData("mailto:a@example.com")]
    [InlineData("a,b@example.com")]
    [InlineData("a;b@example.com")]
    [InlineData("a\\b@example.com")]
    [InlineData("a@example.com\n")]
    [InlineData("a\r\nb@example.com")]
    [InlineData("a\0@example.com")]
    [InlineData("a@example.com\0")]
    [InlineData("a\t@example.com")]
    [InlineData("\u0130nes@example.com")] // I with a dot
    [InlineData("\u0131nes@example.com")] // i without a dot
    [InlineData("\u212Aim@example.com")] // the sign of kelvin
    [InlineData("stra\u00DFe@example.com")] // sharp s
    [InlineData("stra\u1E9Ee@example.com")] // its capital
    [InlineData("\u017Fam@example.com")] // long s
    [InlineData("\uFF41@example.com")] // full-width a
    [InlineData("a\uFF20example.com")] // full-width at
    [InlineData("a@example\u3002com")] // ideographic full stop
    [InlineData("a@example\uFF0Ecom")] // full-width full stop
    [InlineData("e\u0301@example.com")] // combining acute
    [InlineData("\u00E9@example.com")] // the same, composed
    [InlineData("\u0430dmin@example.com")] // Cyrillic a
    [InlineData("admin@ex\u0430mple.com")]
    [InlineData("a\u200D@example.com")] // zero-width joiner
    [InlineData("a\u00AD@example.com")] // soft hyphen
    [InlineData("a\u00A0@example.com")] // no-break space
    [InlineData("\uFEFFa@example.com")] // byte order mark
    [InlineData("a\u202E@example.com")] // right-to-left override
    [InlineData("a\uD83D\uDE00@example.com")]
    public void TextThatIsNoAsciiAddress_IsRefused(string text)
    {
        Assert.False(EmailAddress.TryNormalise(text, out string? normalised));
        Assert.Null(normalised);
    }

    [Theory]
    [InlineData(64, 63, 254, true)]
    [InlineData(65, 63, 254, false)]
    [InlineData(64, 64, 254, false)]
    [InlineData(64, 63, 255, false)]
    public void Lengths_AreBounded(int local, int label, int total, bool accepted)
    {
        string address = $"{new string('a', local)}@{new string('b', label)}.";
        while (address.Length < total)
        {
            int next = Math.Min(60, total - address.Length);
            address += next == total - address.Length ? new string('c', next) : new string('c', next - 1) + ".";
        }

        Assert.Equal(total, address.Length);
        Assert.Equal(accepted, EmailAddress.TryNormalise(address, out _));
    }

    [Fact]
    public void WhateverIsAccepted_IsAsciiAndNormalisesToItself() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["abKkIi.@-\u212A\u0130\u0131\u00DF "], 0, 20]).Sample(text =>
        {
            if (EmailAddress.TryNormalise(text, out string? normalised))
            {
                Assert.True(System.Text.Ascii.IsValid(normalised));
                Assert.Equal(text.Length, normalised.Length);
                Assert.True(EmailAddress.TryNormalise(normalised, out string? again));
                Assert.Equal(normalised, again);
            }
        });
}
