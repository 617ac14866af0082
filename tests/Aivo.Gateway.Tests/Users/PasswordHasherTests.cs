using Aivo.Gateway.Users;
using CsCheck;

namespace Aivo.Gateway.Tests.Users;

public sealed class PasswordHasherTests
{
    /// <summary>The least that Argon2 allows: these tests are about bytes, not about cost.</summary>
    private readonly PasswordHasher _hasher = new(new PasswordCost(8, 1, 1));

    /// <summary>Made with OpenSSL's Argon2id, an implementation other than ours.</summary>
    [Theory]
    [InlineData("correct horse battery staple", "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0")]
    [InlineData("p\u00E4ssword\0\u03A9", "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$BP6wTeaBlISni0sN1P3Wp24c78PHK8TYyHG/xoL3EQU")]
    public void HashOfAnotherImplementation_IsVerified(string password, string text)
    {
        Assert.True(PasswordHash.TryParse(text, out PasswordHash? stored));
        Assert.True(_hasher.Verify(password, stored));
        Assert.False(_hasher.Verify(password + "x", stored));
    }

    [Fact]
    public void HashOfThreeLanes_CountsAsAWrongPasswordAndCostsOneHash()
    {
        Assert.True(PasswordHash.TryParse("$argon2id$v=19$m=64,t=3,p=3$MDEyMzQ1Njc4OWFiY2RlZg$mCEmVsocFg+KGl/VDy4RoNpI2i/gtny2SmhniSxr0fE", out PasswordHash? stored));
        Assert.False(_hasher.Verify("password", stored));
        Assert.Equal(1, _hasher.Computations);
    }

    [Fact]
    public void StandardHash_HasTheRequiredCostAndLengths()
    {
        PasswordHash hash = new PasswordHasher().Create("correct horse battery staple");
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", hash.ToText(), StringComparison.Ordinal);
        Assert.Equal((16, 32), (hash.Salt.Length, hash.Hash.Length));
        Assert.True(new PasswordHasher().Verify("correct horse battery staple", hash));
        Assert.False(new PasswordHasher().NeedsRehash(hash));
    }

    [Fact]
    public void TwoHashesOfOnePassword_DifferInSaltAndHash()
    {
        (PasswordHash first, PasswordHash second) = (_hasher.Create("password"), _hasher.Create("password"));
        Assert.False(first.Salt.SequenceEqual(second.Salt));
        Assert.False(first.Hash.SequenceEqual(second.Hash));
    }

    [Theory]
    [InlineData("password ", "password")]
    [InlineData(" password", "password")]
    [InlineData("Password", "password")]
    [InlineData("pass\0word", "pass")]
    [InlineData("pass\0word", "pass\0")]
    [InlineData("pass\0word", "pass\0worD")]
    [InlineData("caf\u00E9caf\u00E9", "cafe\u0301cafe\u0301")]
    [InlineData("\uFB01sh\uFB01sh", "fishfish")]
    [InlineData("\u212Aelvin12", "Kelvin12")]
    [InlineData("\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00", "\uD83D\uDE00\uD83D\uDE00")]
    [InlineData("password\n", "password")]
    [InlineData("\uFEFFpassword", "password")]
    public void SimilarPasswords_AreDifferentPasswords(string password, string similar)
    {
        PasswordHash hash = _hasher.Create(password);
        Assert.True(_hasher.Verify(password, hash));
        Assert.False(_hasher.Verify(similar, hash));
    }

    [Fact]
    public void PasswordOf1024Bytes_IsUsedToItsLastByte()
    {
        string password = new('a', PasswordRules.MaximumBytes);
        PasswordHash hash = _hasher.Create(password);
        Assert.True(_hasher.Verify(password, hash));
        Assert.False(_hasher.Verify(password[..^1] + "b", hash));
        Assert.False(_hasher.Verify(password[..^1], hash));
    }

    [Fact]
    public void AnyAcceptablePassword_FitsItsHashAndNoOther() =>
        Gen.Select(Gen.String, Gen.String).Where((one, other) => Acceptable(one) && Acceptable(other)).Sample((one, other) =>
        {
            Assert.True(PasswordHash.TryParse(_hasher.Create(one).ToText(), out PasswordHash? hash));
            return _hasher.Verify(one, hash) && _hasher.Verify(other, hash) == (one == other);
        });

    [Fact]
    public void PasswordThatIsTooLongOrNotUnicode_IsAnErrorThatDoesNotRepeatIt()
    {
        foreach (string password in new[] { new string('a', 1025), new string('\u00E9', 513), "secret\uD800word", "secret\uDC00word" })
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => _hasher.Create(password));
            Assert.DoesNotContain(password[..6], error.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => _hasher.Verify(password, null));
        }

        Assert.Equal(0, _hasher.Computations);
    }

    [Fact]
    public void VerifyingWithoutAHash_ComputesOneHashAndFails()
    {
        Assert.False(_hasher.Verify("password", null));
        Assert.Equal(1, _hasher.Computations);
    }

    [Theory]
    [InlineData(8, 2, true)]
    [InlineData(16, 1, true)]
    [InlineData(8, 1, false)]
    public void HashOfAnotherCost_NeedsRehash(int memory, int passes, bool expected) =>
        Assert.Equal(expected, _hasher.NeedsRehash(new PasswordHasher(new PasswordCost(memory, passes, 1)).Create("password")));

    [Theory]
    [InlineData(7, 1, 1)]
    [InlineData(8, 0, 1)]
    [InlineData(131_073, 1, 1)]
    [InlineData(64, 17, 1)]
    [InlineData(64, 1, 2)]
    public void CostThatCannotBeComputed_IsRefusedAtOnce(int memory, int passes, int lanes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PasswordHasher(new PasswordCost(memory, passes, lanes)));

    [Theory]
    [InlineData("", nameof(PasswordFault.TooShort))]
    [InlineData("1234567", nameof(PasswordFault.TooShort))]
    [InlineData("\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00", nameof(PasswordFault.TooShort))]
    [InlineData("12345678", nameof(PasswordFault.None))]
    [InlineData("        ", nameof(PasswordFault.None))]
    [InlineData("\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9", nameof(PasswordFault.None))]
    public void Rules_CountCharacters(string password, string fault) =>
        Assert.Equal(fault, PasswordRules.Check(password).ToString());

    [Fact]
    public void Rules_BoundBytesNotCharacters()
    {
        Assert.Equal(PasswordFault.None, PasswordRules.Check(new string('\u00E9', 512)));
        Assert.Equal(PasswordFault.TooLong, PasswordRules.Check(new string('\u00E9', 512) + "a"));
        Assert.Equal(PasswordFault.TooLong, PasswordRules.Check(new string('a', 1025)));
        Assert.Equal(PasswordFault.TooLong, PasswordRules.Check(new string('a', 10_000_000)));
    }

    [Fact]
    public void Rules_RefuseHalfCharacters()
    {
        Assert.Equal(PasswordFault.NotUnicode, PasswordRules.Check("12345678\uD83D"));
        Assert.Equal(PasswordFault.NotUnicode, PasswordRules.Check("\uDE0012345678"));
    }

    private static bool Acceptable(string text) => PasswordRules.Check(text) is PasswordFault.None or PasswordFault.TooShort;
}
