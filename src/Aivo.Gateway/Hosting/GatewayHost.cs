using Aivo.Gateway.Configuration;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aivo.Gateway.Hosting;

/// <summary>Builds and runs the gateway.</summary>
internal static class GatewayHost
{
    /// <summary>The demo users' password; Development only, and stated in the README.</summary>
    private const string DemoPassword = "correct horse battery staple";

    /// <exception cref="ConfigurationRefusedException">The configuration has errors; nothing was started.</exception>
    public static async Task RunAsync(string? configFile, CancellationToken cancellationToken)
    {
        await using WebApplication app = await BuildAsync(configFile, cancellationToken);
        SqliteUserDirectory users = app.Services.GetRequiredService<SqliteUserDirectory>();
        await users.PrepareAsync(cancellationToken);
        if (app.Environment.IsDevelopment())
        {
            await DemoUsers.EnsureAsync(users, DemoPassword, cancellationToken);
        }

        await app.RunAsync(cancellationToken);
    }

    /// <summary>The configuration's errors, found without a socket and without writing anything.</summary>
    public static IReadOnlyList<SettingError> Check(string environment, string? configFile)
    {
        var report = new SettingReport();
        ConfigurationFiles files = ConfigurationSources.Read(environment, AppContext.BaseDirectory, configFile);
        return CheckedConfiguration.Run(files, report).Errors;
    }

    /// <summary>The configuration's errors, found as <see cref="Check"/> finds them; where there are none, its routes.</summary>
    public static (IReadOnlyList<SettingError> Errors, RouteTable? Table) Routes(string environment, string? configFile)
    {
        var report = new SettingReport();
        IConfigurationRoot configuration = ConfigurationSources.Build(environment, AppContext.BaseDirectory, configFile, report);
        CheckedConfiguration check = CheckedConfiguration.Run(configuration, ConfigurationSources.IsDevelopment(environment), report);
        return (check.Errors, check.Errors.Count > 0 ? null : RouteTable.Read(configuration, check.Settings.Headers));
    }

    /// <summary>The user directory that the configuration names, prepared; for the command line.</summary>
    /// <exception cref="ConfigurationRefusedException">The configuration has errors in <c>Gateway</c> or <c>Users</c>.</exception>
    public static async Task<SqliteUserDirectory> OpenUsersAsync(string? configFile, CancellationToken cancellationToken)
    {
        var report = new SettingReport();
        string environment = ConfigurationSources.EnvironmentName;
        IConfigurationRoot configuration = ConfigurationSources.Build(environment, AppContext.BaseDirectory, configFile, report);
        int sourceErrors = report.Errors.Count;
        GatewaySettings settings = GatewaySettings.Read(configuration, ConfigurationSources.IsDevelopment(environment), report);
        SettingError[] errors = [.. report.Errors.Take(sourceErrors), .. report.Errors.Skip(sourceErrors).Where(ConcernsUsers)];
        if (errors.Length > 0)
        {
            throw new ConfigurationRefusedException(errors);
        }

        SqliteUserDirectory users = Composition.CreateUsers(settings, TimeProvider.System, NullLoggerFactory.Instance);
        await users.PrepareAsync(cancellationToken);
        return users;
    }

    private static bool ConcernsUsers(SettingError error) =>
        error.Key == "Gateway:DataDirectory" || error.Key.StartsWith("Users:", StringComparison.Ordinal);

    private static async Task<WebApplication> BuildAsync(string? configFile, CancellationToken cancellationToken)
    {
        var report = new SettingReport();
        ConfigurationFiles files = ConfigurationSources.Read(ConfigurationSources.EnvironmentName, AppContext.BaseDirectory, configFile);
        WebApplicationBuilder builder = CreateBuilder(files, report);
        bool development = builder.Environment.IsDevelopment();
        if (development && report.Errors.Count == 0)
        {
            GatewaySettings settings = GatewaySettings.Read(builder.Configuration, development, new SettingReport());
            await new DevelopmentKeys(settings.Gateway.DataDirectory).EnsureAsync(settings.Tokens.Algorithm, cancellationToken);
        }

        CheckedConfiguration configuration = CheckedConfiguration.Run(builder.Configuration, development, report);
        if (configuration.Errors.Count > 0)
        {
            throw new ConfigurationRefusedException(SettingPlaces.In(files).AddTo(configuration.Errors));
        }

        Listeners.Configure(builder, configuration.Settings.Gateway);
        builder.Services.AddSingleton(files);
        builder.AddGateway(configuration);
        WebApplication app = builder.Build();
        MetricsWiring.Connect(app.Services);
        Pipeline.Configure(app);
        return app;
    }

    /// <summary>
    /// The program's own folder is the content root: under <c>dotnet run</c> the working folder is the project's. An empty builder, since
    /// the others bring a host filter that would refuse probes and a switch that believes every peer's forwarded headers.
    /// </summary>
    private static WebApplicationBuilder CreateBuilder(ConfigurationFiles files, SettingReport report)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = files.EnvironmentName,
        });
        builder.Configuration.Sources.Clear();
        ConfigurationSources.Add(builder.Configuration, files, report);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel((context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel")));
        return builder;
    }
}
