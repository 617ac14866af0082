using Aivo.Gateway.Primitives;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Tests.Infrastructure;
using Aivo.Gateway.Tests.Revocation;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Throttling.RateLimitSamples;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>What becomes of a distributed limit while Redis does not answer, on virtual time.</summary>
public sealed class DistributedRateLimiterTests : IDisposable
{
    private static readonly RateLimit Limit2 = Limit("a", (2, Minute));
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly EventRecorder<DistributedRateLimiter> _logger = new();
    private readonly SharedCounters _shared = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<RateLimitMetrics>().BuildServiceProvider();
    private readonly DistributedRateLimiter _limiter;

    public DistributedRateLimiterTests()
    {
        var options = new ThrottlingOptions
        {
            AccountAttempts = 1,
            AccountWindow = Minute,
            AddressAttempts = 1,
            AddressWindow = Minute,
            ConcurrentHashes = 1,
            QueuedHashes = 1,
            RateLimitTimeout = Timeout,
        };
        _limiter = new DistributedRateLimiter(
            _shared, new NodeRateLimiter(100, _time, NullLogger<NodeRateLimiter>.Instance), options, _services.GetRequiredService<RateLimitMetrics>(), _time, _logger);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _limiter.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task WhileRedisAnswers_ItsVerdictHolds()
    {
        _shared.Answer = () => Task.FromResult(new RateLimitVerdict(false, Limit2, 2, 0, Hour));
        Assert.Equal(3600, (await ChargeAsync()).ResetSeconds);
        Assert.False(_limiter.IsAway);
    }

    [Fact]
    public async Task FailedRedis_LeavesTheLimitToTheNode_WhichIsNeverUnlimited()
    {
        _shared.Answer = () => Task.FromException<RateLimitVerdict>(new StoreUnavailableException("redis", null));
        Assert.Equal("++--", await PassedAsync(4));
        Assert.True(_limiter.IsAway);
        Assert.Equal(1, _shared.Calls);
    }

    [Fact]
    public async Task SilentRedis_IsWaitedForOnce()
    {
        _shared.Answer = () => new TaskCompletionSource<RateLimitVerdict>().Task;
        Task<RateLimitVerdict>[] waiting = [ChargeAsync(), ChargeAsync(), ChargeAsync()];
        _time.Advance(Timeout);
        Assert.Equal(2, (await Task.WhenAll(waiting)).Count(verdict => verdict.IsAllowed));

        ValueTask<RateLimitVerdict> next = _limiter.ChargeAsync(Limit2.By(1), Cancellation);
        Assert.True(next.IsCompleted, "nobody waits while Redis is known to be away");
        Assert.False((await next).IsAllowed);
        Assert.Equal(["RateLimitsCountedHere"], _logger.Events);
    }

    [Fact]
    public async Task RedisThatAnswersAgain_IsAskedAgain()
    {
        _shared.Answer = () => Task.FromException<RateLimitVerdict>(new StoreUnavailableException("redis", null));
        await ChargeAsync();
        await ProbeAsync();
        Assert.True(_limiter.IsAway, "the probe has failed too");

        _shared.Answer = () => Task.FromResult(new RateLimitVerdict(true, Limit2, 2, 1, Minute));
        await ProbeAsync();
        Assert.False(_limiter.IsAway);
        Assert.All(_shared.Probes, probe => Assert.Empty(Assert.Single(probe).Limit.Windows));
        Assert.True((await ChargeAsync()).IsAllowed);
        Assert.Equal(["RateLimitsCountedHere", "RateLimitsShared"], _logger.Events);
    }

    [Fact]
    public async Task ClientThatHasGone_IsNoOutage()
    {
        _shared.Answer = () => new TaskCompletionSource<RateLimitVerdict>().Task;
        using var gone = new CancellationTokenSource();
        Task<RateLimitVerdict> waiting = _limiter.ChargeAsync(Limit2.By(1), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(_limiter.IsAway);
    }

    /// <summary>Lets one probe be made, and waits until its answer has been taken.</summary>
    private async Task ProbeAsync()
    {
        int before = _shared.Calls;
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await Eventually.TrueAsync(() => _shared.Calls > before, () => "no probe was made");
        if (_shared.Answer().IsCompletedSuccessfully)
        {
            await Eventually.TrueAsync(() => !_limiter.IsAway && _logger.Events.Length == 2, () => "the probe's answer was not taken");
        }
    }

    private Task<RateLimitVerdict> ChargeAsync() => _limiter.ChargeAsync(Limit2.By(1), Cancellation).AsTask();

    /// <summary>+ for each request that passed, - for each that was refused.</summary>
    private async Task<string> PassedAsync(int requests)
    {
        string passed = "";
        for (int request = 0; request < requests; request++)
        {
            passed += (await ChargeAsync()).IsAllowed ? "+" : "-";
        }

        return passed;
    }

    /// <summary>Stands in for Redis.</summary>
    private sealed class SharedCounters : IRateLimiter
    {
        private readonly List<IReadOnlyList<RateLimitCharge>> _calls = [];

        public Func<Task<RateLimitVerdict>> Answer { get; set; } = () => throw new InvalidOperationException();

        public int Calls
        {
            get
            {
                lock (_calls)
                {
                    return _calls.Count;
                }
            }
        }

        /// <summary>All calls but the first.</summary>
        public IReadOnlyList<IReadOnlyList<RateLimitCharge>> Probes
        {
            get
            {
                lock (_calls)
                {
                    return _calls[1..];
                }
            }
        }

        public ValueTask<RateLimitVerdict> ChargeAsync(IReadOnlyList<RateLimitCharge> charges, CancellationToken cancellationToken)
        {
            lock (_calls)
            {
                _calls.Add(charges);
            }

            return new ValueTask<RateLimitVerdict>(Answer());
        }
    }
}
