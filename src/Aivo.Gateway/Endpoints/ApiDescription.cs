using Aivo.Gateway.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Aivo.Gateway.Endpoints;

/// <summary>One documented answer of an endpoint; <paramref name="Schema"/> names one of <see cref="ContractSchemas"/>.</summary>
internal sealed record ApiAnswer(int Status, string Description, string? Schema);

/// <summary>What the published description says of an endpoint besides its path and method.</summary>
internal sealed record ApiOperation(string? RequestSchema, bool Bearer, IReadOnlyList<ApiAnswer> Answers);

/// <summary>A parameter of an operation besides its body, as endpoint metadata.</summary>
internal sealed record ApiParameter(string Name, ParameterLocation In, string Description, OpenApiSchema Schema)
{
    public static readonly ApiParameter LogoutScope = new("scope", ParameterLocation.Query,
        "which sessions end: this one (local, the default), the user's others, or all; only a live session ends others", ContractSchemas.LogoutScope);

    public static readonly ApiParameter SessionId = new("id", ParameterLocation.Path, "the session's id, as the list shows it",
        new OpenApiSchema { Type = JsonSchemaType.String });
}

/// <summary>
/// The OpenAPI description of <c>/auth/v1</c>: paths and methods from the endpoints themselves, schemas in the contract's own words.
/// A test compares the result with the contract, member by member.
/// </summary>
internal static class ApiDescription
{
    public const string Document = "v1";
    private const string Bearer = "bearerAuth";

    /// <summary>Answers that every endpoint may give.</summary>
    private static readonly ApiAnswer[] Common =
    [
        new(429, "too many requests; Retry-After says when to come again", ContractSchemas.Error),
        new(503, "the gateway cannot decide now; Retry-After says when to come again", ContractSchemas.Error),
    ];

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string operation, string? request, bool bearer, params ApiAnswer[] answers) =>
        endpoint.WithName(operation).WithMetadata(new ApiOperation(request, bearer, answers));

    public static TBuilder WithParameter<TBuilder>(this TBuilder endpoint, ApiParameter parameter) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(parameter);

    public static void AddApiDescription(this IServiceCollection services)
    {
        services.AddSingleton<PublishedDescription>();
        services.AddOpenApi(Document, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddOperationTransformer((operation, context, _) =>
            {
                if (context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().SingleOrDefault() is { } api)
                {
                    Fill(operation, api, [.. context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiParameter>()], context.Document!);
                }

                return Task.CompletedTask;
            });
            options.AddDocumentTransformer((document, context, _) =>
            {
                Finish(document, context.ApplicationServices.GetRequiredService<GatewayOptions>());
                return Task.CompletedTask;
            });
        });
    }

    private static void Fill(OpenApiOperation operation, ApiOperation api, ApiParameter[] parameters, OpenApiDocument document)
    {
        operation.Parameters = parameters.Length == 0 ? null : [.. parameters.Select(Parameter)];
        operation.Responses = [];
        foreach (ApiAnswer answer in api.Answers.Concat(Common))
        {
            operation.Responses[$"{answer.Status}"] = Response(answer, document);
        }

        operation.Responses["default"] = Response(new ApiAnswer(0, "any other refusal", ContractSchemas.Error), document);
        if (api.RequestSchema is { } schema)
        {
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Content(schema, document) };
        }

        if (api.Bearer)
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
        }
    }

    private static void Finish(OpenApiDocument document, GatewayOptions options)
    {
        document.Info = new OpenApiInfo { Title = "Aivo authentication API", Version = "1.0.0" };
        document.Servers = [new OpenApiServer { Url = (options.PublicUrl?.ToString().TrimEnd('/') ?? "") + AuthEndpoints.Root }];
        document.Tags = null;
        document.Components ??= new OpenApiComponents();
        document.Components.Schemas = ContractSchemas.All(document);
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
        };
        var paths = new OpenApiPaths();
        foreach ((string path, IOpenApiPathItem item) in document.Paths)
        {
            paths[path[AuthEndpoints.Root.Length..]] = item;
            foreach (OpenApiOperation operation in item.Operations?.Values.ToArray() ?? [])
            {
                operation.Tags = null;
            }
        }

        document.Paths = paths;
    }

    private static IOpenApiParameter Parameter(ApiParameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = parameter.In,
        Required = parameter.In == ParameterLocation.Path,
        Description = parameter.Description,
        Schema = parameter.Schema,
    };

    private static OpenApiResponse Response(ApiAnswer answer, OpenApiDocument document) => new()
    {
        Description = answer.Description,
        Content = answer.Schema is { } schema ? Content(schema, document) : null,
    };

    private static Dictionary<string, OpenApiMediaType> Content(string schema, OpenApiDocument document) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(schema, document) } };
}
