using System.Globalization;
using Aivo.Gateway.Configuration;
using Aivo.Gateway.Http;

namespace Aivo.Gateway.Throttling;

/// <summary>The section <c>Gateway:RateLimits</c>: limits by name.</summary>
internal static class RateLimitSettings
{
    private const string HeaderPrefix = "Header:";
    private const int MostPermits = 1_000_000;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <param name="gateway">Reads the section <c>Gateway</c>.</param>
    public static IReadOnlyDictionary<string, RateLimit> Read(SettingReader gateway) =>
        gateway.Sections("RateLimits", ReadLimit).ToDictionary(
            static limit => limit.Key, static limit => limit.Value with { Name = limit.Key }, StringComparer.OrdinalIgnoreCase);

    private static RateLimit ReadLimit(SettingReader reader)
    {
        List<RateWindow> windows = [];
        IReadOnlyList<string> texts = reader.List("Windows", [], "How many requests pass in which time, as permits/[d.]hh:mm:ss, such as 10/00:01:00; several count at once. 1 to 1000000 permits, 00:00:01 to 1.00:00:00. Must be set.");
        foreach (string text in texts)
        {
            if (WindowIn(reader, text) is { } window)
            {
                AddWindow(reader, windows, window, text);
            }
        }

        if (texts.Count == 0)
        {
            reader.Error("Windows", null, "is empty, so the limit would limit nothing.", "Write at least one window, such as 10/00:01:00 for ten requests a minute.");
        }

        windows.Sort(static (left, right) => left.Length.CompareTo(right.Length));
        RefuseIdle(reader, windows);
        (RateLimitPartition partition, string? header) = PartitionIn(reader);
        RateLimitScope scope = reader.Choice("Scope", RateLimitScope.Node, "Who counts: every node for itself, or (Distributed) all nodes together in Redis.");
        return new RateLimit("", windows, partition, header, scope);
    }

    private static RateWindow? WindowIn(SettingReader reader, string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long permits)
            || !Durations.TryParse(parts[1], out TimeSpan length))
        {
            reader.Error("Windows", text, "is not a number of requests and a duration.", "Write permits/[d.]hh:mm:ss, such as 10/00:01:00 for ten requests a minute.");
            return null;
        }

        if (permits is < 1 or > MostPermits)
        {
            reader.Error("Windows", text, "has permits that are out of range.", $"Write 1 to {MostPermits} requests; a route that nobody may use needs no limit but a policy.");
            return null;
        }

        if (length < Shortest || length > Longest)
        {
            reader.Error("Windows", text, "has a length that is out of range.", $"Write a duration from {Durations.Format(Shortest)} to {Durations.Format(Longest)}.");
            return null;
        }

        return new RateWindow((int)permits, length);
    }

    private static void AddWindow(SettingReader reader, List<RateWindow> windows, RateWindow window, string text)
    {
        if (windows.Find(other => other.Length == window.Length) is { } same)
        {
            reader.Error("Windows", text, $"is as long as {Format(same)}.", "Keep one of them.");
            return;
        }

        windows.Add(window);
    }

    /// <summary>A window that another makes idle is a mistake: somebody means a limit that is not there.</summary>
    private static void RefuseIdle(SettingReader reader, List<RateWindow> windows)
    {
        for (int index = 1; index < windows.Count; index++)
        {
            (RateWindow shorter, RateWindow longer) = (windows[index - 1], windows[index]);
            if (shorter.Permits >= longer.Permits)
            {
                reader.Error("Windows", Format(shorter), $"limits nothing beside {Format(longer)}.", "Let the shorter window take fewer requests than the longer one.");
            }
            else if (longer.Permits >= shorter.Permits * (longer.Length / shorter.Length))
            {
                reader.Error("Windows", Format(longer), $"limits nothing beside {Format(shorter)}.", "Let the longer window take fewer requests than so many of the shorter one.");
            }
        }
    }

    private static (RateLimitPartition Partition, string? Header) PartitionIn(SettingReader reader)
    {
        RateLimitPartition[] plain = [.. Enum.GetValues<RateLimitPartition>().Where(static partition => partition != RateLimitPartition.Header)];
        string text = reader.Text("Partition", nameof(RateLimitPartition.Address), "Whose requests are counted together: those of one Address (IPv6: a /64), User, Tenant or Session, of one Route (everybody on it), or with one value of a header, such as Header:X-Api-Key, which the client chooses.");
        foreach (RateLimitPartition partition in plain.Where(partition => partition.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)))
        {
            return (partition, null);
        }

        if (text.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase) && FieldNames.IsToken(text.AsSpan(HeaderPrefix.Length)))
        {
            return (RateLimitPartition.Header, text[HeaderPrefix.Length..]);
        }

        reader.Error("Partition", text, "is not something that requests can be told apart by.", $"Write one of: {string.Join(", ", plain)}, {HeaderPrefix}<name>.");
        return (RateLimitPartition.Address, null);
    }

    private static string Format(RateWindow window) => string.Create(CultureInfo.InvariantCulture, $"{window.Permits}/{Durations.Format(window.Length)}");
}
