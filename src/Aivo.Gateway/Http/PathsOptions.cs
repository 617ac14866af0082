using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Http;

/// <summary>The section <c>Paths</c>.</summary>
internal sealed record PathsOptions
{
    public static PathsOptions Read(SettingReader reader)
    {
        reader.Reserved("Mode", "Strict", "How odd paths are treated: Strict refuses encoded separators, dot segments, empty segments, backslashes and semicolons with 400 on every route whose metadata does not say Paths: Canonical.");
        return new PathsOptions();
    }
}
