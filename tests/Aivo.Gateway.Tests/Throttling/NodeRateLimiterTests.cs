using Aivo.Gateway.Tests.Revocation;
using Aivo.Gateway.Throttling;
using Microsoft.Extensions.Time.Testing;
using static Aivo.Gateway.Tests.Throttling.RateLimitSamples;

namespace Aivo.Gateway.Tests.Throttling;

/// <summary>What the memory of a node does under a flood of subjects.</summary>
public sealed class NodeRateLimiterTests
{
    private const int Capacity = 50;

    private readonly FakeTimeProvider _time = new();
    private readonly EventRecorder<NodeRateLimiter> _logger = new();
    private readonly NodeRateLimiter _limiter;

    public NodeRateLimiterTests() => _limiter = new NodeRateLimiter(Capacity, _time, _logger);

    [Fact]
    public void FullTable_LetsNewSubjectsShareOneSetOfCounters_AndForgetsNobody()
    {
        RateLimit limit = Limit("a", (3, Minute));
        for (uint subject = 0; subject < Capacity; subject++)
        {
            Assert.True(_limiter.Charge(limit.By(subject)).IsAllowed);
        }

        Assert.Equal(3, Enumerable.Range(Capacity, 1_000).Count(subject => _limiter.Charge(limit.By((uint)subject)).IsAllowed));
        Assert.Equal(1, _limiter.Charge(limit.By(0)).Remaining);
        Assert.Equal([("a", Capacity)], _limiter.Subjects());
    }

    [Fact]
    public void FullTable_IsReportedOnceAMinute()
    {
        RateLimit limit = Limit("a", (3, Hour));
        for (int minute = 1; minute <= 2; minute++)
        {
            for (uint subject = 0; subject < 3 * Capacity; subject++)
            {
                _limiter.Charge(limit.By(subject));
            }

            Assert.Equal(minute, _logger.Events.Length);
            _time.Advance(Minute);
        }
    }

    [Fact]
    public void WindowsThatHaveEnded_MakeRoom()
    {
        RateLimit limit = Limit("a", (1, Minute));
        for (uint subject = 0; subject < 10 * Capacity; subject++)
        {
            _limiter.Charge(limit.By(subject));
        }

        _time.Advance(Minute);
        for (uint subject = 0; subject < Capacity; subject++)
        {
            Assert.True(_limiter.Charge(limit.By(1_000 + subject)).IsAllowed);
        }

        Assert.Equal([("a", Capacity)], _limiter.Subjects());
    }

    [Fact]
    public void TableHoldsWhoIsActive_NotWhoeverHasBeen()
    {
        RateLimit limit = Limit("a", (1, Minute));
        for (uint subject = 0; subject < 1_000; subject++)
        {
            _limiter.Charge(limit.By(subject));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.InRange(Assert.Single(_limiter.Subjects()).Subjects, 6, 12);
    }

    [Fact]
    public void FloodUnderOneLimit_TakesNoPlaceFromAnother()
    {
        for (uint subject = 0; subject < 10 * Capacity; subject++)
        {
            _limiter.Charge(Limit("addresses", (1, Minute)).By(subject));
        }

        for (uint subject = 0; subject < Capacity; subject++)
        {
            Assert.True(_limiter.Charge(Limit("users", (1, Minute)).By(subject)).IsAllowed);
        }
    }
}
