using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Tests.Rules;

/// <summary>Every log message has a literal id, in its folder's range, and a literal event name; both are unique in the program.</summary>
internal static partial class LogMessages
{
    private static readonly FrozenDictionary<string, (int First, int Last)> Ranges = new Dictionary<string, (int First, int Last)>
    {
        ["Configuration"] = (1, 99),
        ["Telemetry"] = (100, 109),
        ["Http"] = (110, 199),
        ["Redis"] = (200, 299),
        ["Sessions"] = (300, 399),
        ["Revocation"] = (400, 499),
        ["Users"] = (500, 599),
        ["Throttling"] = (600, 699),
        ["Tokens"] = (700, 799),
        ["Authentication"] = (800, 899),
        ["Forwarding"] = (900, 999),
        ["Endpoints"] = (1000, 1099),
        ["Hosting"] = (1100, 1199),
        ["Commands"] = (1200, 1299),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private sealed record Message(string Place, string Folder, int? Id, string? Name);

    public static IEnumerable<string> Violations(IEnumerable<SourceFile> files)
    {
        List<Message> messages = [.. files.SelectMany(Read)];
        foreach (Message message in messages)
        {
            if (message.Id is not { } id)
            {
                yield return $"{message.Place}: a log message without a literal id.";
            }
            else if (!Ranges.TryGetValue(message.Folder, out (int First, int Last) range) || id < range.First || id > range.Last)
            {
                yield return $"{message.Place}: the id {id} is outside the range of {message.Folder}.";
            }

            if (message.Name is null)
            {
                yield return $"{message.Place}: a log message without a literal EventName.";
            }
        }

        foreach (IGrouping<int?, Message> same in messages.Where(message => message.Id is not null).GroupBy(message => message.Id).Where(group => group.Count() > 1))
        {
            yield return $"The id {same.Key} is used {same.Count()} times: {string.Join(", ", same.Select(message => message.Place))}.";
        }

        foreach (IGrouping<string?, Message> same in messages.Where(message => message.Name is not null).GroupBy(message => message.Name).Where(group => group.Count() > 1))
        {
            yield return $"The event name {same.Key} is used {same.Count()} times: {string.Join(", ", same.Select(message => message.Place))}.";
        }
    }

    private static IEnumerable<Message> Read(SourceFile file)
    {
        foreach (Match match in Attribute().Matches(file.Text))
        {
            string arguments = match.Groups["arguments"].Value;
            Match id = Id().Match(arguments);
            Match name = Name().Match(arguments);
            yield return new Message(
                $"{file.Path}:{file.LineOf(match.Index)}",
                file.Folder,
                id.Success ? int.Parse(id.Groups["id"].Value, CultureInfo.InvariantCulture) : null,
                name.Success ? name.Groups["name"].Value : null);
        }
    }

    [GeneratedRegex(@"\[LoggerMessage\((?<arguments>(?:""(?:\\.|[^""\\])*""|[^""\]])*)\)\]", RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^\s*(?:EventId\s*=\s*)?(?<id>\d{1,5})\s*(?:,|$)|[,(]\s*EventId\s*=\s*(?<id>\d{1,5})\b", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"\bEventName\s*=\s*""(?<name>\w+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
