using Aivo.Gateway.Configuration;

namespace Aivo.Gateway.Hosting;

/// <summary>The program does not start with this configuration; every error found is listed.</summary>
internal sealed class ConfigurationRefusedException(IReadOnlyList<SettingError> errors) : Exception("The configuration is refused.")
{
    public IReadOnlyList<SettingError> Errors { get; } = errors;
}
