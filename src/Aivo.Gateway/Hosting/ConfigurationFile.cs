using System.Globalization;
using System.Text.Json;
using Aivo.Gateway.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Aivo.Gateway.Hosting;

/// <summary>One JSON file of the configuration as it was at one moment: read once, so that what is checked is what is used.</summary>
/// <param name="Key">What names the file: <c>--config</c>, an environment variable, or its own path.</param>
/// <param name="Content">Null where it is not there or cannot be read.</param>
/// <param name="Unreadable">Why not; null where it was read, or need not be there.</param>
internal sealed record ConfigurationFile(string Key, string Path, byte[]? Content, string? Unreadable)
{
    /// <param name="optional">Whether it need not be there.</param>
    public static ConfigurationFile Read(string key, string path, bool optional)
    {
        try
        {
            return new ConfigurationFile(key, path, File.ReadAllBytes(path), null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ConfigurationFile(key, path, null, optional ? null : "is not a file that exists.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ConfigurationFile(key, path, null, $"cannot be read by this process ({exception.GetType().Name}).");
        }
    }

    public bool SameAs(ConfigurationFile other) =>
        Path == other.Path && Unreadable == other.Unreadable && Content is null == other.Content is null
        && Content.AsSpan().SequenceEqual(other.Content);

    /// <summary>Adds the file's settings. One that is no configuration is reported and left out.</summary>
    public void AddTo(IConfigurationBuilder builder, SettingReport report)
    {
        if ((Unreadable ?? Problem()) is { } problem)
        {
            report.Add(new SettingError(Key, Key == Path ? null : Path, problem, "Correct the file or the path; then check again, since its settings were left out."));
        }
        else if (Content is not null)
        {
            builder.Add(new Source(Content));
        }
    }

    private string? Problem()
    {
        if (Content is null)
        {
            return null;
        }

        try
        {
            using var stream = new MemoryStream(Content);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
                AllowDuplicateProperties = false,
            });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return "is not a JSON object.";
            }

            new ConfigurationBuilder().Add(new Source(Content)).Build();
            return null;
        }
        catch (JsonException exception) when (exception.LineNumber is { } line)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is not valid JSON at line {line + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        catch (JsonException)
        {
            return "is not valid JSON: an object has the same member twice.";
        }
        catch (FormatException)
        {
            return "names a setting twice, in two spellings.";
        }
    }

    /// <summary>The library's own stream source can be built once only, and a stream is read once.</summary>
    private sealed class Source(byte[] content) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) =>
            new JsonStreamConfigurationProvider(new JsonStreamConfigurationSource { Stream = new MemoryStream(content) });
    }
}
