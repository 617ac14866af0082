using Aivo.Gateway.Endpoints;
using Aivo.Gateway.Primitives;
using Aivo.Gateway.Redis;
using Aivo.Gateway.Revocation;
using Aivo.Gateway.Tests.Sessions;
using Aivo.Gateway.Tests.Tokens;

namespace Aivo.Gateway.Tests.Faults;

/// <summary>
/// A node of the fleet that forwards nothing: it begins sessions without passwords and ends them, both by the product's own classes and
/// scripts. It has a process of its own (<see cref="AdministratorProcess"/>), and does there what it is told in lines.
/// </summary>
internal sealed class Administrator : IAsyncDisposable
{
    private const int Tenants = 4;

    private const int SessionsPerUser = 50;

    private readonly TenantId[] _tenants = [.. Enumerable.Range(0, Tenants).Select(_ => new TenantId(Guid.CreateVersion7()))];
    private readonly IssuingKit _kit = IssuingKit.Create(TimeProvider.System);
    private readonly Revocation.FleetNode _node;
    private int _repeated;

    private Administrator(Revocation.FleetNode node) => _node = node;

    /// <summary>How often Redis did not have an end, or a beginning, confirmed in time, and was asked again.</summary>
    public int Repeated => _repeated;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AdministrativeEnds Ends => _node.Ends(_kit.Keys);

    public static async Task<Administrator> JoinAsync(string configuration) => new(await Revocation.FleetNode.StartAsync(
        configuration, "aivo", new RevocationOptions { SyncInterval = TimeSpan.FromMilliseconds(100), Lease = FleetOptions.Lease }));

    /// <summary>Begins that many sessions, 50 a user, of users of four tenants.</summary>
    public Task BeginSessionsAsync(int count)
    {
        IEnumerable<(UserId User, TenantId Tenant)> users =
            Enumerable.Range(0, count / SessionsPerUser).Select(number => (new UserId(Guid.CreateVersion7()), _tenants[number % Tenants]));
        return Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token }, async (user, _) =>
        {
            for (int session = 0; session < SessionsPerUser; session++)
            {
                await UntilConfirmedAsync(async () => Assert.NotNull(await _node.LogInAsync(user.User, user.Tenant)));
            }
        });
    }

    /// <summary>Ends all of them at once, tenant by tenant and all tenants together; returns when no node would forward one.</summary>
    public Task EndTenantsAsync() => Task.WhenAll(_tenants.Select(tenant => UntilConfirmedAsync(() => Ends.EndTenantAsync(tenant, Token))));

    public Task EndSessionAsync(SessionId session) => UntilConfirmedAsync(() => Ends.EndSessionAsync(session, Token));

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _kit.Dispose();
    }

    private async Task UntilConfirmedAsync(Func<Task> change)
    {
        while (true)
        {
            try
            {
                await change();
                return;
            }
            catch (StoreUnavailableException)
            {
                Interlocked.Increment(ref _repeated);
            }
        }
    }
}
