using System.Net;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Throttling;

public sealed class LoginThrottleTests
{
    private static readonly ThrottlingOptions Options = new()
    {
        AccountAttempts = 3,
        AccountWindow = TimeSpan.FromMinutes(5),
        AddressAttempts = 5,
        AddressWindow = TimeSpan.FromMinutes(10),
        ConcurrentHashes = 1,
        QueuedHashes = 0,
    };

    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();
    private readonly LoginThrottle _throttle;

    public LoginThrottleTests() =>
        _throttle = new LoginThrottle(new InMemoryAttemptStore(_time), Options, NullLogger<LoginThrottle>.Instance);

    [Fact]
    public async Task Account_IsRefusedAfterItsAttempts_FromWhateverAddress_UntilItsWindowEnds()
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            Assert.True((await ReserveAsync("a@example.com", $"192.0.2.{attempt}")).IsAllowed);
        }

        _time.Advance(TimeSpan.FromSeconds(60.5));
        LoginAttempt refused = await ReserveAsync("a@example.com", "198.51.100.9");
        Assert.Equal((false, 3, 0, 240, 240), (refused.IsAllowed, refused.Limit, refused.Remaining, refused.Reset, refused.RetryAfter));
        Assert.True((await ReserveAsync("b@example.com", "192.0.2.1")).IsAllowed);

        _time.Advance(TimeSpan.FromSeconds(239.5));
        Assert.True((await ReserveAsync("a@example.com", "192.0.2.1")).IsAllowed);
    }

    [Fact]
    public async Task Address_IsRefusedAfterItsAttempts_OnWhateverAccounts()
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            Assert.True((await ReserveAsync($"{attempt}@example.com", "192.0.2.1")).IsAllowed);
        }

        LoginAttempt refused = await ReserveAsync("6@example.com", "192.0.2.1");
        Assert.Equal((false, 5, 0, 600), (refused.IsAllowed, refused.Limit, refused.Remaining, refused.RetryAfter));
        Assert.True((await ReserveAsync("6@example.com", "192.0.2.2")).IsAllowed);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("fe80::1%1", "fe80::1%2", true)]
    [InlineData("::c000:201", "192.0.2.1", false)]
    public async Task Addresses_CountTogetherByIPv6Network_AndByIPv4AddressHoweverWritten(string first, string second, bool together)
    {
        for (int attempt = 0; attempt < 5; attempt++)
        {
            await ReserveAsync($"{attempt}@example.com", first);
        }

        Assert.Equal(!together, (await ReserveAsync("other@example.com", second)).IsAllowed);
    }

    [Fact]
    public async Task Success_GivesBackItsOwnAttempt_AndNoFailure()
    {
        await ReserveAsync("a@example.com", "192.0.2.1");
        for (int success = 0; success < 20; success++)
        {
            LoginAttempt attempt = await ReserveAsync("a@example.com", "192.0.2.1");
            Assert.Equal((true, 1), (attempt.IsAllowed, attempt.Remaining));
            await _throttle.SucceededAsync(attempt, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task AttemptOnWhichNothingWasDecided_IsGivenBack()
    {
        for (int time = 0; time < 20; time++)
        {
            LoginAttempt attempt = await ReserveAsync("a@example.com", "192.0.2.1");
            Assert.True(attempt.IsAllowed);
            await _throttle.UndecidedAsync(attempt, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task RefusedAttempt_GivesNothingBack()
    {
        LoginAttempt[] attempts = [await ReserveAsync("a@example.com"), await ReserveAsync("a@example.com"), await ReserveAsync("a@example.com")];
        Assert.All(attempts, attempt => Assert.True(attempt.IsAllowed));
        await _throttle.SucceededAsync(await ReserveAsync("a@example.com"), TestContext.Current.CancellationToken);
        Assert.False((await ReserveAsync("a@example.com")).IsAllowed);
    }

    [Fact]
    public async Task StoreThatCannotSay_RefusesTheAttempt_AndDoesNotFailASuccess()
    {
        var throttle = new LoginThrottle(new LostStore(), Options, NullLogger<LoginThrottle>.Instance);
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await throttle.ReserveAsync("a@example.com", Home, TestContext.Current.CancellationToken));
        await throttle.SucceededAsync(await ReserveAsync("a@example.com"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Store_SeesHashesOnly()
    {
        var store = new LostStore();
        var throttle = new LoginThrottle(store, Options, NullLogger<LoginThrottle>.Instance);
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await throttle.ReserveAsync("a@example.com", Home, TestContext.Current.CancellationToken));
        // SHA-256 of "account:a@example.com" and of "address:c0000201", by sha256sum, the first 16 bytes.
        Assert.Equal(["68757e97b31ff8565e84c3c54d39eacd", "8f4d2ce9d0aeb986621be814968257a3"], store.Subjects);
    }

    private ValueTask<LoginAttempt> ReserveAsync(string email, string address = "192.0.2.1") =>
        _throttle.ReserveAsync(email, IPAddress.Parse(address), TestContext.Current.CancellationToken);

    private sealed class LostStore : IAttemptStore
    {
        public string[] Subjects { get; private set; } = [];

        public ValueTask<AttemptReservation> ReserveAsync(IReadOnlyList<AttemptLimit> limits, CancellationToken cancellationToken)
        {
            Subjects = [.. limits.Select(limit => limit.Subject)];
            throw new StoreUnavailableException("redis", null);
        }

        public ValueTask ReleaseAsync(AttemptReservation reservation, CancellationToken cancellationToken) =>
            throw new StoreUnavailableException("redis", null);
    }
}
