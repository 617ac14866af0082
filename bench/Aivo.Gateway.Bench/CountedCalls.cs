using System.Reflection;

namespace Aivo.Gateway.Bench;

/// <summary>Passes every call on and counts it, whatever methods the interface has.</summary>
#pragma warning disable CA1852 // The proxy that is made at run time derives from it.
internal class CountedCalls<T> : DispatchProxy
    where T : class
#pragma warning restore CA1852
{
    private T? _inner;
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>What wraps <paramref name="inner"/>: an object that is both.</summary>
    public static T Wrap(T inner)
    {
        T proxy = Create<T, CountedCalls<T>>();
        ((CountedCalls<T>)(object)proxy)._inner = inner;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!targetMethod!.IsSpecialName)
        {
            Interlocked.Increment(ref _count);
        }

        return targetMethod.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
