#pragma warning disable CA1050 // The runtime looks for this name, outside of any namespace.
#pragma warning disable IDE0130

/// <summary>Called by the runtime in a gateway process of the fault suite, before the program's Main.</summary>
internal static class StartupHook
{
    public static void Initialize() => Aivo.Gateway.Tests.Faults.Alterations.Install();
}
