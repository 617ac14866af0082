using System.Buffers;
using System.Collections.Frozen;

namespace Aivo.Gateway.Http;

/// <summary>
/// The hosts under which clients may reach the gateway (RFC 9112 section 3.2, SR-78): names, addresses, <c>*.suffix</c> for every name
/// below a suffix (not the suffix itself), or <c>*</c> for all. Ports do not matter, letter case neither.
/// </summary>
internal sealed class HostAllowList
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;
    private readonly string[] _suffixes;

    private HostAllowList(string[] entries)
    {
        Entries = entries;
        AllowsAll = entries.Contains("*");
        _names = entries.Where(entry => !entry.StartsWith('*')).ToFrozenSet(StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();
        _suffixes = [.. entries.Where(entry => entry.StartsWith("*.", StringComparison.Ordinal)).Select(entry => entry[1..])];
    }

    /// <summary>As written, without white space and empty items.</summary>
    public IReadOnlyList<string> Entries { get; }

    public bool AllowsAll { get; }

    /// <summary>Reads <c>a;b;*.c</c>.</summary>
    /// <exception cref="FormatException">An entry is not a host, or there is none; <see cref="Problem"/> says which.</exception>
    public static HostAllowList Parse(string text) =>
        Problem(text) is { } problem ? throw new FormatException(problem) : new HostAllowList(Split(text));

    /// <summary>What is wrong with such a text, as a sentence; null when nothing is.</summary>
    public static string? Problem(string text)
    {
        string[] entries = Split(text);
        return entries.Length == 0
            ? "It names no host."
            : Array.Find(entries, entry => !IsHost(entry)) is { } wrong
                ? $"'{wrong}' is neither a host without port, nor *.suffix, nor *."
                : null;
    }

    /// <summary>Whether a <c>Host</c> header's value, port included, is allowed. An empty one is only where all are.</summary>
    public bool Allows(ReadOnlySpan<char> host)
    {
        if (AllowsAll)
        {
            return true;
        }

        ReadOnlySpan<char> name = WithoutPort(host);
        if (_names.Contains(name))
        {
            return true;
        }

        foreach (string suffix in _suffixes)
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> host)
    {
        int end = host.StartsWith('[') ? host.IndexOf(']') + 1 : host.IndexOf(':');
        return end > 0 ? host[..end] : host;
    }

    private static bool IsHost(string entry)
    {
        if (entry == "*")
        {
            return true;
        }

        ReadOnlySpan<char> name = entry.StartsWith("*.", StringComparison.Ordinal) ? entry.AsSpan(2) : entry;
        bool bracketed = name.StartsWith('[') && name.EndsWith(']') && System.Net.IPAddress.TryParse(name[1..^1], out _);
        return bracketed || (name.Length > 0 && !name.StartsWith('.') && name.IndexOfAnyExcept(NameCharacters) < 0);
    }

    private static string[] Split(string text) => text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
