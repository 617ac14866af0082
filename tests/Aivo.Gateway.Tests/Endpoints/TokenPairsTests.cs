using System.Text.Json;
using System.Text.Json.Nodes;
using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tests.Tokens;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Endpoints;

public sealed class TokenPairsTests : IDisposable
{
    private static readonly User Ana = new(
        SessionSamples.User, "ana@example.com", "Ana", "Lima", UserRole.Learner, SessionSamples.Tenant, UserStatus.Active, null, null,
        SessionSamples.Noon, SessionSamples.Noon, new Dictionary<string, JsonElement>());

    private readonly FakeTimeProvider _time = new(SessionSamples.Noon);
    private readonly IssuingKit _kit;

    public TokenPairsTests() => _kit = IssuingKit.Create(_time);

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void ExpiresIn_IsWhatTheTokenHasLeft_HoweverLateItIsHandedOut() =>
        Gen.Select(Gen.Int[0, 400_000], Gen.Int[0, 999]).Sample(
            (milliseconds, part) =>
            {
                var time = new FakeTimeProvider(SessionSamples.Noon.AddMilliseconds(part));
                SessionRecord session = NewSession(time.GetUtcNow());
                TokenPairs pairs = Pairs(time);
                time.Advance(TimeSpan.FromMilliseconds(milliseconds));

                AuthResponse answer = pairs.For(session, Ana);

                double left = (Expires(answer) - time.GetUtcNow()).TotalSeconds;
                Assert.Equal(Math.Max(0, Math.Floor(left)), answer.ExpiresIn);
                Assert.InRange(answer.ExpiresIn, 0, 300);
            },
            iter: 300);

    [Fact]
    public void SameLeaf_HandedOutByTwoNodesAtTwoTimes_HasTheSameClaimsAndRefreshToken()
    {
        SessionRecord session = NewSession(_time.GetUtcNow());
        AuthResponse first = Pairs(_time).For(session, Ana);
        _time.Advance(TimeSpan.FromSeconds(100));

        AuthResponse second = Pairs(_time).For(session, Ana);

        Assert.Equal(first.RefreshToken, second.RefreshToken);
        Assert.Equal(IssuingKit.ObjectIn(first.AccessToken, 1).ToJsonString(), IssuingKit.ObjectIn(second.AccessToken, 1).ToJsonString());
        Assert.Equal(first.ExpiresIn - 100, second.ExpiresIn);
    }

    [Fact]
    public void ExpiresIn_OfANodeWhoseClockIsBehind_IsNoLongerThanTheLife()
    {
        SessionRecord session = NewSession(_time.GetUtcNow().AddSeconds(20));

        AuthResponse answer = Pairs(_time).For(session, Ana);

        JsonObject claims = IssuingKit.ObjectIn(answer.AccessToken, 1);
        Assert.Equal((long)claims["exp"]! - (long)claims["iat"]!, answer.ExpiresIn);
    }

    [Fact]
    public void TokenOfEveryLeaf_IsAccepted()
    {
        var validator = new AccessTokenValidator(_kit.Keys, _kit.Options, _time);
        for (int leaf = 0; leaf < 50; leaf++)
        {
            AuthResponse answer = Pairs(_time).For(NewSession(_time.GetUtcNow()), Ana);

            AccessToken? token = validator.Validate(answer.AccessToken, TokenExpiry.Enforced, out string? reason);

            Assert.Null(reason);
            Assert.Equal(Expires(answer), token!.ExpiresAt);
        }
    }

    private TokenPairs Pairs(TimeProvider time) => new(
        new AccessTokenIssuer(_kit.Keys, _kit.Options), new RefreshTokenCodec(_kit.RefreshKeys, _kit.Options), _kit.Options, time);

    private SessionRecord NewSession(DateTimeOffset now)
    {
        SessionRecord record = SessionSamples.NewRecord(now);
        return record with { Live = record.Live with { KeyId = _kit.RefreshKeys.Active.KeyId } };
    }

    private static DateTimeOffset Expires(AuthResponse answer) =>
        DateTimeOffset.FromUnixTimeSeconds((long)IssuingKit.ObjectIn(answer.AccessToken, 1)["exp"]!);
}
