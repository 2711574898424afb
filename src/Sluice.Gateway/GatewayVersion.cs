using System.Reflection;

namespace Sluice.Gateway;

/// <summary>The version of this program, as it tells servers.</summary>
internal static class GatewayVersion
{
    internal static string Text { get; } =
        typeof(GatewayVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
