using System.Diagnostics;

namespace Aivo.Gateway.Tests.Infrastructure;

/// <summary>Waits for what another process will do, for as long as a slow machine may need and no longer.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise) => TrueAsync(() => Task.FromResult(condition()), otherwise);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Patience, otherwise());
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
