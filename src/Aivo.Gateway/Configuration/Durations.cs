using System.Globalization;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Configuration;

/// <summary>Durations as <c>[d.]hh:mm:ss[.fff]</c>, the one accepted spelling.</summary>
internal static partial class Durations
{
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        return Shape().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
    }

    public static string Format(TimeSpan value)
    {
        string days = value.Days > 0 ? $"{value.Days}." : "";
        string fraction = value.Milliseconds > 0 ? $".{value.Milliseconds:000}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{days}{value.Hours:00}:{value.Minutes:00}:{value.Seconds:00}{fraction}");
    }

    [GeneratedRegex(@"^(\d{1,5}\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
