#pragma warning disable CA1050 // The runtime looks for this name, outside of any namespace.
#pragma warning disable IDE0130

/// <summary>Called by the runtime in a process of the fault suite, a gateway or an administrator, before the program's Main.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Aivo.Gateway.Tests.Faults.AdministratorLines.Variable) is { Length: > 0 } configuration)
        {
            Aivo.Gateway.Tests.Faults.AdministratorLines.RunAsync(configuration).GetAwaiter().GetResult();
            Environment.Exit(0);
        }

        Aivo.Gateway.Tests.Faults.Alterations.Install();
    }
}
