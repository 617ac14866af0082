using System.Text.RegularExpressions;
using Aivo.Gateway.Tests.Infrastructure;

namespace Aivo.Gateway.Tests.Contract;

/// <summary>The published description says everything that the contract says; what it says beyond is listed here.</summary>
public sealed partial class PublishedDescriptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Statements that the published description may add: http.md's 422 on /refresh and /logout, 429, 503 and default everywhere, a tag, details in ValidationError, and the management of sessions.</summary>
    private static readonly Regex[] Additions =
    [
        RefreshAndLogoutValidation(),
        CommonAnswers(),
        ErrorDetails(),
        Tags(),
        SessionManagement(),
    ];

    [Fact]
    public async Task PublishedDescription_SaysAllOfTheContract_AndAddsOnlyWhatIsListed()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(("Gateway:PublicUrl", "https://api.aivo.com"));
        using var http = new HttpClient { BaseAddress = gateway.Address };
        HashSet<string> published = FlatDocument.FromJson(await http.GetStringAsync("/auth/v1/openapi.json", Cancellation));
        HashSet<string> contract = FlatDocument.FromYaml(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Contract", "auth-v1.openapi.yaml"), Cancellation));

        string[] missing = [.. contract.Except(published).Where(statement => !Different(statement)).Order(StringComparer.Ordinal)];
        string[] added = [.. published.Except(contract).Where(statement => !Different(statement) && !Additions.Any(addition => addition.IsMatch(statement))).Order(StringComparer.Ordinal)];
        Assert.True(missing.Length == 0, "missing:\n" + string.Join('\n', missing));
        Assert.True(added.Length == 0, "added without being listed:\n" + string.Join('\n', added));
        Assert.Contains("paths./refresh.post.responses.422.content.application/json.schema.$ref = #/components/schemas/ValidationError", published);
        Assert.Contains("paths./me.get.responses.503.content.application/json.schema.$ref = #/components/schemas/Error", published);
        Assert.Contains("paths./sessions.get.responses.200.content.application/json.schema.$ref = #/components/schemas/SessionList", published);
        Assert.Contains("paths./sessions/{id}.delete.parameters[].in = path", published);
        Assert.Contains("paths./logout.post.parameters[].schema.enum[] = others", published);
    }

    [Fact]
    public void Comparison_FindsAMissingMember_AWrongType_AndAnUnlistedAddition()
    {
        HashSet<string> contract = FlatDocument.FromYaml("components: { schemas: { User: { required: [id], properties: { id: { type: [string, 'null'] }, extra: { additionalProperties: true } } } } }");
        Assert.Contains("components.schemas.User.required[] = id", contract);
        HashSet<string> published = FlatDocument.FromJson("""{"components":{"schemas":{"User":{"required":[],"properties":{"id":{"type":["null","integer"]},"extra":{"additionalProperties":{}}}}}}}""");
        Assert.Equal(["components.schemas.User.properties.id.type[] = string", "components.schemas.User.required[] = id"], contract.Except(published).Order(StringComparer.Ordinal));
        Assert.Equal(["components.schemas.User.properties.id.type[] = integer", "components.schemas.User.required = []"], published.Except(contract).Order(StringComparer.Ordinal));
    }

    /// <summary>The patch version of the OpenAPI specification, an empty security list (no requirement) and the words about a field.</summary>
    private static bool Different(string statement) =>
        statement.StartsWith("openapi = 3.1.", StringComparison.Ordinal) || statement == "security = []"
        || statement.StartsWith("components.schemas.ValidationError.properties.validationErrors.items.properties.field.description", StringComparison.Ordinal);

    [GeneratedRegex(@"^paths\./(refresh|logout)\.post\.responses\.422\.")]
    private static partial Regex RefreshAndLogoutValidation();

    [GeneratedRegex(@"^paths\./(login|refresh|logout|me)\.(post|get)\.responses\.(429|503|default)\.")]
    private static partial Regex CommonAnswers();

    [GeneratedRegex(@"^components\.schemas\.ValidationError\.properties\.details\.")]
    private static partial Regex ErrorDetails();

    [GeneratedRegex(@"^(paths\./(login|refresh|logout|me)\.(post|get)\.)?tags\[\](\.name)? = Authentication$")]
    private static partial Regex Tags();

    [GeneratedRegex(@"^(paths\./sessions(/\{id\})?\.(get|delete)\.|paths\./logout\.post\.parameters\[\]\.|components\.schemas\.SessionList\.|components\.schemas\.LoginRequest\.properties\.deviceName\.)")]
    private static partial Regex SessionManagement();
}
