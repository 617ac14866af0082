using Aivo.Gateway.Authentication;
using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Forwarding;
using Aivo.Gateway.Http;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Sessions;
using Aivo.Gateway.Telemetry;
using Aivo.Gateway.Throttling;
using Aivo.Gateway.Tokens;
using Aivo.Gateway.Users;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Aivo.Gateway.Hosting;

/// <summary>The one page on which everything is put together.</summary>
internal static class Composition
{
    public static void AddGateway(this WebApplicationBuilder builder, CheckedConfiguration configuration)
    {
        IServiceCollection services = builder.Services;
        GatewaySettings settings = configuration.Settings;
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(settings.Gateway);
        services.AddSingleton(settings.Headers);
        services.AddSingleton(settings.Redis);
        services.AddSingleton(settings.Tokens);
        services.AddSingleton(settings.Sessions);
        services.AddSingleton(settings.Revocation);
        services.AddSingleton(settings.Streams);
        services.AddSingleton(settings.Throttling);
        services.AddSingleton(settings.Users);
        services.AddTelemetry(builder.Configuration);
        AddTokens(services, configuration);
        AddStores(services, settings);
        AddUsers(services, settings);
        AddHttp(services, settings);
        services.AddSingleton(HostAllowList.Parse(settings.AllowedHosts ?? ""));
        services.AddForwarding(builder.Configuration, settings.Headers, builder.Environment.IsDevelopment());
        services.AddSingleton(ForwardingWiring.Create);
        services.AddSingleton<ConfigurationReload>();
        services.AddHostedService<ConfigurationWatcher>();
    }

    private static void AddTokens(IServiceCollection services, CheckedConfiguration configuration)
    {
        services.AddSingleton(configuration.SigningKeys!);
        services.AddSingleton(configuration.RefreshKeys!);
        services.AddSingleton<AccessTokenIssuer>();
        services.AddSingleton<AccessTokenValidator>();
        services.AddSingleton<InternalTokenIssuer>();
        services.AddSingleton(provider => new AccessTokenCache(configuration.Settings.Tokens.CacheSize, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RefreshTokenCodec>();
        services.AddSingleton<JsonWebKeySet>();
    }

    private static void AddStores(IServiceCollection services, GatewaySettings settings)
    {
        if (settings.Gateway.Store == StoreKind.Redis)
        {
            services.AddSingleton<RedisServers>();
            services.AddSingleton<RedisConnection>();
            services.AddSingleton<RedisSyncConnection>();
            services.AddSingleton(new LogEpochs(settings.Revocation.Shards));
            services.AddSingleton<RedisServerInspection>();
            services.AddHostedService<RedisServerInspector>();
            services.AddSingleton<ISessionStore, RedisSessionStore>();
            services.AddSingleton<ISessionIndex, RedisSessionIndex>();
            AddLogins(services, settings, provider => provider.GetRequiredService<RevocationState>().Positions());
            services.AddSingleton<IRevocationLog, RedisRevocationLog>();
            services.AddSingleton<IAttemptStore, RedisAttemptStore>();
            services.AddSingleton<RedisRateLimiter>();
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DistributedRateLimiter>(provider, provider.GetRequiredService<RedisRateLimiter>()));
        }
        else
        {
            services.AddSingleton<InMemorySessionStore>();
            services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<InMemorySessionStore>());
            services.AddSingleton<ISessionIndex>(provider => provider.GetRequiredService<InMemorySessionStore>());
            AddLogins(services, settings, provider => [provider.GetRequiredService<InMemorySessionStore>().Position]);
            services.AddSingleton<IAttemptStore, InMemoryAttemptStore>();
        }

        services.AddSingleton(provider => new SessionTransactions(
            provider.GetRequiredService<ISessionStore>(), settings.Sessions, RevocationOptions.Retention,
            provider.GetRequiredService<GatewayMetrics>(), provider.GetRequiredService<ILogger<SessionTransactions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new FirstUseTransactions(provider.GetRequiredService<ISessionStore>(), RevocationOptions.Retention));
        services.AddSingleton<FirstUseMarks>();
        services.AddHostedService(provider => provider.GetRequiredService<FirstUseMarks>());
        services.AddSingleton<UserSessions>();
        RevocationWiring.Add(services, settings);
        services.AddSingleton<LoginThrottle>();
        services.AddSingleton<NodeRateLimiter>();
        services.AddSingleton<PasswordHashGate>();
    }

    /// <param name="positions">Where the place in each log is read that a login holds its user's epoch against.</param>
    private static void AddLogins(IServiceCollection services, GatewaySettings settings, Func<IServiceProvider, LogPosition?[]> positions) =>
        services.AddSingleton(provider =>
        {
            RevocationState state = provider.GetRequiredService<RevocationState>();
            TimeProvider time = provider.GetRequiredService<TimeProvider>();
            return new SessionLogins(
                provider.GetRequiredService<ISessionIndex>(), settings.Sessions, RevocationOptions.Retention, () => positions(provider),
                () => time.GetUtcNow() + state.ClockOffset);
        });

    private static void AddUsers(IServiceCollection services, GatewaySettings settings)
    {
        services.AddSingleton(provider => CreateUsers(settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IUserDirectory>(provider => provider.GetRequiredService<SqliteUserDirectory>());
    }

    public static SqliteUserDirectory CreateUsers(GatewaySettings settings, TimeProvider time, ILoggerFactory loggers) => new(
        settings.Users.DatabaseFile ?? Path.Combine(settings.Gateway.DataDirectory, "users.db"),
        settings.Users.Timeout, new PasswordHasher(), time, loggers.CreateLogger<SqliteUserDirectory>());

    private static void AddHttp(IServiceCollection services, GatewaySettings settings)
    {
        services.AddHostedService<StartReport>();
        services.AddSingleton<RefusalLog>();
        services.AddSingleton<Draining>();
        services.AddHostedService(provider => provider.GetRequiredService<Draining>());
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<LoginEndpoint>();
        services.AddSingleton<RefreshReport>();
        services.AddSingleton<RefreshEndpoint>();
        services.AddSingleton<LogoutEndpoint>();
        services.AddSingleton<SessionsEndpoint>();
        services.AddSingleton<SessionEndings>();
        services.AddSingleton<AdministrativeEnds>();
        services.AddSingleton<MeEndpoint>();
        services.AddSingleton<TokenPairs>();
        services.AddSingleton<AccessTokenReader>();
        services.AddSingleton<CallerCheck>();
        services.AddRouting();
        services.AddRequestTimeouts();
        services.AddApiDescription();
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractJson.Default));
        services.AddCors(cors => cors.AddPolicy(AuthEndpoints.CorsPolicy, policy => AuthEndpoints.ConfigureCors(policy, settings.Gateway.Cors)));
        services.AddSingleton<IPolicyEvaluator, CallerPolicyEvaluator>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, DenialAuthorizationResultHandler>();
        AuthorizationPolicy signedIn = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        services.AddAuthorizationBuilder().SetDefaultPolicy(signedIn).SetFallbackPolicy(signedIn);
        services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = settings.Gateway.ShutdownTimeout + settings.Gateway.DrainDelay;
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
    }
}
