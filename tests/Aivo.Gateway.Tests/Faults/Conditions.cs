using System.Globalization;
using Aivo.Gateway.Forwarding;
using Microsoft.Extensions.DependencyInjection;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>Conditions inside of a gateway process that no signal and no relay can bring about.</summary>
internal static class Conditions
{
    /// <summary>The wall clock is off by what the file named by <see cref="ClockFileVariable"/> says, in seconds. The monotonic clock is real.</summary>
    public const string MovableClock = nameof(MovableClock);

    /// <summary>Every few moments the thread pool is full of work that waits.</summary>
    public const string Starvation = nameof(Starvation);

    public const string ClockFileVariable = "AIVO_TEST_CLOCK_FILE";

    /// <summary>In the path of a request that takes long between the reading of its token and its last check.</summary>
    public const string SlowPath = "/slow/";

    /// <summary>What the process writes when such a request waits.</summary>
    public const string SlowLine = "a slow request waits for its last check";

    private static readonly TimeSpan SlowFor = TimeSpan.FromSeconds(3);

    public static void Bring(IServiceCollection services, string condition)
    {
        Alterations.Decorate<ForwardingHooks>(services, hooks => hooks with
        {
            CheckLast = context =>
            {
                if (context.Request.Path.Value!.Contains(SlowPath, StringComparison.Ordinal))
                {
                    Console.WriteLine(SlowLine);
                    WaitFor(SlowFor);
                }

                return hooks.CheckLast(context);
            },
        });
        switch (condition)
        {
            case MovableClock:
                services.AddSingleton<TimeProvider>(new MovedTime(Environment.GetEnvironmentVariable(ClockFileVariable)!));
                break;
            case Starvation:
                new Thread(Starve) { IsBackground = true }.Start();
                break;
        }
    }

    private static void Starve()
    {
        while (true)
        {
            for (int item = 0; item < 4 * Environment.ProcessorCount; item++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => WaitFor(TimeSpan.FromMilliseconds(200)), null);
            }

            WaitFor(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Holds the thread, as code that blocks does.</summary>
    private static void WaitFor(TimeSpan time)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(time);
    }

    private sealed class MovedTime(string file) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() =>
            base.GetUtcNow() + TimeSpan.FromSeconds(double.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture));
    }
}
