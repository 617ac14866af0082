namespace Aivo.Gateway.Configuration;

/// <summary>One thing wrong with the configuration.</summary>
/// <param name="Key">The setting, as <c>Section:Key</c>.</param>
/// <param name="Value">The value found, or null where the setting is missing; secrets are replaced by <c>***</c>.</param>
/// <param name="Problem">What is wrong, as a sentence without the key.</param>
/// <param name="Fix">What to do, as a sentence.</param>
internal sealed record SettingError(string Key, string? Value, string Problem, string Fix)
{
    public override string ToString() =>
        Value is null ? $"{Key}: {Problem} {Fix}" : $"{Key} = '{Value}': {Problem} {Fix}";
}

/// <summary>What a setting is; the documentation's row, and the source of the JSON schema to come.</summary>
internal sealed record SettingDescription(string Key, string Type, string? Default, string? Range, string Effect);

/// <summary>What reading a configuration gave besides its values: every error, and every setting that exists.</summary>
internal sealed class SettingReport
{
    private readonly List<SettingError> _errors = [];
    private readonly List<SettingDescription> _descriptions = [];

    public IReadOnlyList<SettingError> Errors => _errors;

    public IReadOnlyList<SettingDescription> Descriptions => _descriptions;

    public void Add(SettingError error) => _errors.Add(error);

    public void Add(SettingDescription description) => _descriptions.Add(description);
}
