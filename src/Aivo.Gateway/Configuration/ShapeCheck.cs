using System.Globalization;
using System.Text.RegularExpressions;

namespace Aivo.Gateway.Configuration;

/// <summary>Compares a section of the raw configuration with a <see cref="Shape"/> and reports every difference.</summary>
internal static partial class ShapeCheck
{
    public static void Run(IConfigurationSection section, Shape shape, SettingReport report)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Any:
                return;
            case ShapeKind.Section:
                Members(section, shape, report);
                return;
            case ShapeKind.List or ShapeKind.Table:
                Items(section, shape, report);
                return;
            default:
                Scalar(section, shape, report);
                return;
        }
    }

    /// <summary>Whether a part is neither there nor null.</summary>
    public static bool Has(IConfiguration section, string name) => section.GetSection(name).Exists();

    private static void Members(IConfigurationSection section, Shape shape, SettingReport report)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            report.Add(new SettingError(section.Path, "***", "is a single value where a section belongs.", "Write a JSON object."));
            return;
        }

        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (shape.Members.TryGetValue(child.Key, out Shape? member))
            {
                Run(child, member, report);
            }
            else
            {
                report.Add(new SettingError(child.Path, child.Value is null ? null : "***", "is not a setting.",
                    $"Remove it or correct the name; {section.Path} has: {string.Join(", ", shape.Members.Keys.Order(StringComparer.Ordinal))}."));
            }
        }

        foreach (string name in shape.Required.Where(name => !Has(section, name)))
        {
            report.Add(new SettingError($"{section.Path}:{name}", null, "is not set.", "Write it; it has no default."));
        }
    }

    private static void Items(IConfigurationSection section, Shape shape, SettingReport report)
    {
        string belongs = shape.Kind == ShapeKind.List ? "a list" : "a table";
        if (!string.IsNullOrEmpty(section.Value))
        {
            report.Add(new SettingError(section.Path, "***", $"is a single value where {belongs} belongs.",
                shape.Kind == ShapeKind.List ? "Write a JSON array." : "Write a JSON object."));
            return;
        }

        Shape item = shape.Item!;
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (shape.Kind == ShapeKind.List && !int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                report.Add(new SettingError(child.Path, null, "is a named value where a list belongs.", "Write a JSON array, not an object."));
            }
            else if (item.Kind is not (ShapeKind.Section or ShapeKind.Any) && !child.Exists())
            {
                // The library would skip a null, or carry it along; neither is what somebody who wrote it can have meant.
                report.Add(new SettingError(child.Path, null, "is null.", "Write a value, or remove it."));
            }
            else
            {
                Run(child, item, report);
            }
        }
    }

    private static void Scalar(IConfigurationSection setting, Shape shape, SettingReport report)
    {
        if (setting.GetChildren().Any())
        {
            report.Add(new SettingError(setting.Path, null, "is a list or a section where a single value belongs.", "Write one value in quotes."));
            return;
        }

        if (setting.Value is { } text && Mismatch(text, shape) is { } mismatch)
        {
            report.Add(new SettingError(setting.Path, text, mismatch.Problem, mismatch.Fix));
        }
    }

    private static (string Problem, string Fix)? Mismatch(string text, Shape shape)
    {
        if (text.Length == 0)
        {
            return ("is empty.", "Write a value, or remove it.");
        }

        return shape.Kind switch
        {
            ShapeKind.Integer when !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                || number < shape.Minimum || number > shape.Maximum
                => ("is not a whole number in the range.", $"Write a whole number from {shape.Minimum} to {shape.Maximum}."),
            ShapeKind.Flag when !bool.TryParse(text, out _)
                => ("is neither true nor false.", "Write true or false."),
            ShapeKind.Duration when !DurationPattern().IsMatch(text) || !TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out _)
                => ("is not a duration.", "Write [d.]hh:mm:ss, such as 00:00:30 for thirty seconds; a bare number would mean days."),
            ShapeKind.Choice when !shape.Choices.Contains(text, StringComparer.OrdinalIgnoreCase)
                => ("is not one of the choices.", $"Write one of: {string.Join(", ", shape.Choices)}."),
            ShapeKind.Url when !IsUrl(text)
                => ("is not an absolute http or https URL.", "Write scheme://host[:port]/[path] without user, query and fragment, such as http://orders:8080/."),
            _ => null,
        };
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
        && url is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 };

    /// <summary>What YARP's schema states; its parser takes more, a bare number among it.</summary>
    [GeneratedRegex(@"^(\d{1,5}\.)?\d\d:\d\d:\d\d(\.\d{1,7})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPattern();
}
