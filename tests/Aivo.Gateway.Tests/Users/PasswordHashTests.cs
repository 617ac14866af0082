using Aivo.Gateway.Users;
using CsCheck;

namespace Aivo.Gateway.Tests.Users;

public sealed class PasswordHashTests
{
    private const string Salt = "MDEyMzQ1Njc4OWFiY2RlZg";
    private const string Hash = "gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0";

    [Theory]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}", true)]
    [InlineData($"$argon2id$v=19$m=65536,t=12,p=3${Salt}${Hash}", false)]
    [InlineData($"$argon2id$v=19$m=131072,t=16,p=1${Salt}${Hash}", true)]
    [InlineData($"$argon2id$v=19$m=8,t=1,p=1${Salt}${Hash}", true)]
    [InlineData($"$argon2id$v=19$m=16,t=1,p=2${Salt}${Hash}", false)]
    [InlineData($"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ${Hash}", false)]
    public void WellFormedText_IsReadAndWrittenBackUnchanged(string text, bool computable)
    {
        Assert.True(PasswordHash.TryParse(text, out PasswordHash? hash));
        Assert.Equal(text, hash.ToText());
        Assert.Equal(computable, hash.IsComputable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$")]
    [InlineData("$$$$$")]
    [InlineData("password")]
    [InlineData("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW")]
    [InlineData("$scrypt$ln=17,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E")]
    [InlineData($"$argon2i$v=19$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2d$v=19$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$Argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=16$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=019$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$t=2,m=19456,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1,keyid=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=019456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=+19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m= 19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=-1,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=x${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=99999999999,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=131073,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=17,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=0,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=0${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=7,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=15,t=2,p=2${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=256${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1$${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}$")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}$")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}=")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}==${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZh${Hash}")] // spare bits set
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1$MDEy MzQ1Njc4OWFiY2RlZg${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB_S2U1OhTsM0")] // base64url
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1$MDEy${Hash}")] // a salt of three bytes
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}$gy5SuVm5")] // a hash of six bytes
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}\n")]
    [InlineData($" $argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}")]
    [InlineData($"$argon2id$v=19$m=19456,t=2,p=1${Salt}\0${Hash}")]
    [InlineData($"$argon2id$v=19$m=\u0661\u0669,t=2,p=1${Salt}${Hash}")] // Arabic digits
    public void MalformedText_IsRefusedWithoutThrowing(string text)
    {
        Assert.False(PasswordHash.TryParse(text, out PasswordHash? hash));
        Assert.Null(hash);
    }

    [Fact]
    public void TextOfAnyLength_IsRefusedWithoutThrowing()
    {
        Assert.False(PasswordHash.TryParse(new string('$', 1_000_000), out _));
        Assert.False(PasswordHash.TryParse($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${new string('A', 1_000_000)}", out _));
    }

    [Fact]
    public void AnyText_IsEitherRefusedOrTheOneSpellingOfItsHash()
    {
        const string valid = $"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}";
        Gen.Select(Gen.Int[0, valid.Length - 1], Gen.Int[0, 3], Gen.Char["$=,+/ 019azAZ\0\u00E9mtp"]).Sample((at, remove, character) =>
        {
            string text = valid[..at] + character + valid[Math.Min(valid.Length, at + remove)..];
            if (PasswordHash.TryParse(text, out PasswordHash? hash))
            {
                Assert.Equal(text, hash.ToText());
                Assert.True(hash.Cost.IsBounded);
            }
        });
    }

    [Fact]
    public void Hash_IsNotShownByToString()
    {
        Assert.True(PasswordHash.TryParse($"$argon2id$v=19$m=19456,t=2,p=1${Salt}${Hash}", out PasswordHash? hash));
        Assert.Equal("***", $"{hash}");
    }
}
