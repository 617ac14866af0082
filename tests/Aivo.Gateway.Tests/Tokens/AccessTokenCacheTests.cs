using Aivo.Gateway.Tokens;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Aivo.Gateway.Tests.Tokens;

public sealed class AccessTokenCacheTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly IssuingKit _kit;
    private readonly AccessToken _token;

    public AccessTokenCacheTests()
    {
        _kit = IssuingKit.Create(_time);
        _token = _kit.SomeToken();
    }

    [Fact]
    public void AddedToken_IsFoundByItsExactHeaderWithItsState()
    {
        var cache = new AccessTokenCache(10, _time);
        object state = new();

        cache.GetOrAdd("Bearer abc", _token, state);

        CachedToken? found = cache.Find(new string("Bearer abc"));
        Assert.Same(_token, found!.Token);
        Assert.Same(state, found.State);
        Assert.Null(cache.Find("bearer abc"));
        Assert.Null(cache.Find("Bearer abc "));
        Assert.Null(cache.Find("Bearer ab"));
    }

    [Fact]
    public void ExpiredToken_IsNeverFound()
    {
        var cache = new AccessTokenCache(2, _time);
        cache.GetOrAdd("old", _token, this);
        cache.GetOrAdd("turn", _token with { ExpiresAt = _token.ExpiresAt.AddDays(1) }, this);

        _time.SetUtcNow(_token.ExpiresAt + AccessTokenValidator.Skew - TimeSpan.FromTicks(1));
        Assert.NotNull(cache.Find("old"));

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(cache.Find("old"));
        Assert.NotNull(cache.Find("turn"));
        cache.GetOrAdd("late", _token, this);
        Assert.Null(cache.Find("late"));
    }

    [Fact]
    public void TokenAddedAgain_KeepsTheFirstEntry_AlsoThroughATurn()
    {
        var cache = new AccessTokenCache(1, _time);
        CachedToken first = cache.GetOrAdd("a", _token, "first");

        Assert.Same(first, cache.GetOrAdd("a", _token, "second"));
        Assert.Equal(1, cache.Count);
        cache.GetOrAdd("b", _token, "other");
        Assert.Same(first, cache.GetOrAdd("a", _token, "third"));
        Assert.Same(first, cache.Find("a"));
    }

    [Fact]
    public void ExpiredEntry_GivesWayToANewOne()
    {
        var cache = new AccessTokenCache(10, _time);
        cache.GetOrAdd("a", _token, "first");
        _time.SetUtcNow(_token.ExpiresAt + AccessTokenValidator.Skew);

        Assert.Equal("second", cache.GetOrAdd("a", _token with { ExpiresAt = _token.ExpiresAt.AddDays(1) }, "second").State);
        Assert.Equal("second", cache.Find("a")!.State);
    }

    [Fact]
    public void TokenInUse_StaysThroughEveryTurn()
    {
        var cache = new AccessTokenCache(10, _time);
        cache.GetOrAdd("used", _token, this);
        cache.GetOrAdd("unused", _token, this);
        for (int i = 0; i < 200; i++)
        {
            cache.GetOrAdd($"other{i}", _token, this);
            Assert.NotNull(cache.Find("used"));
        }

        Assert.Null(cache.Find("unused"));
    }

    [Fact]
    public void LatestTokens_AreFoundAndTheBoundHolds() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Bool, Gen.Int[0, 40]).Array[0, 300]).Sample((capacity, steps) =>
        {
            var cache = new AccessTokenCache(capacity, _time);
            List<string> added = [];
            foreach ((bool add, int name) in steps)
            {
                if (!add)
                {
                    CachedToken? found = cache.Find($"{name}");
                    Assert.True(found is null || (string)found.State == $"{name}");
                    continue;
                }

                cache.GetOrAdd($"{name}", _token, $"{name}");
                added.Add($"{name}");
                Assert.NotNull(cache.Find($"{name}"));
                Assert.InRange(cache.Count, 1, 2 * capacity);
            }

            // With nothing read in between, as many as one generation holds are still there.
            cache.Clear();
            foreach (string name in added)
            {
                cache.GetOrAdd(name, _token, name);
            }

            Assert.All(added.AsEnumerable().Reverse().Take(capacity), name => Assert.NotNull(cache.Find(name)));
        });

    [Fact]
    public void TokensThatJustFit_AreKeptOnce_HoweverOftenTheyAreUsed()
    {
        var cache = new AccessTokenCache(4, _time);
        for (int round = 0; round < 3; round++)
        {
            for (int name = 0; name < 4; name++)
            {
                if (cache.Find($"Bearer {name}") is null)
                {
                    cache.GetOrAdd($"Bearer {name}", _token, this);
                }
            }
        }

        Assert.Equal(4, cache.Count);
    }

    [Fact]
    public void Clear_ForgetsBothGenerations()
    {
        var cache = new AccessTokenCache(2, _time);
        string[] names = ["a", "b", "c"];
        foreach (string name in names)
        {
            cache.GetOrAdd(name, _token, name);
        }

        cache.Clear();

        Assert.Equal(0, cache.Count);
        Assert.All(names, name => Assert.Null(cache.Find(name)));
    }

    [Fact]
    public void ManyThreads_NeverGetAnothersTokenNorPassTheBound()
    {
        const int Capacity = 50;
        var cache = new AccessTokenCache(Capacity, _time);
        AccessToken[] tokens = [.. Enumerable.Range(0, 300).Select(_ => _kit.SomeToken())];
        int hits = 0;
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                int index = ((i * 7) + (thread * 13)) % tokens.Length;
                string header = $"Bearer {index}";
                if (cache.Find(header) is { } found)
                {
                    Assert.Same(tokens[index], found.Token);
                    Interlocked.Increment(ref hits);
                }
                else
                {
                    cache.GetOrAdd(header, tokens[index], this);
                }

                Assert.InRange(cache.Count, 0, 2 * Capacity);
            }
        });

        Assert.True(hits > 0);
    }

    public void Dispose() => _kit.Dispose();
}
