using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A <c>Gateway</c> of <c>sluice.dev</c>, with the values of its Secrets.</summary>
/// <param name="Settings">What it sets; other settings have their defaults.</param>
/// <param name="Fields">The fields of <c>spec</c> that it sets.</param>
/// <param name="Namespaces">The namespaces that it serves; null for all.</param>
/// <param name="Certificate">The certificate and its key, as PEM; null where it sets none.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record GatewayResource(
    GatewayConfiguration Settings, ImmutableHashSet<string> Fields, ImmutableHashSet<string>? Namespaces, (string Certificate, string Key)? Certificate)
{
    /// <summary>The settings of a file, with those of this in their place.</summary>
    /// <param name="file">What the file says.</param>
    internal GatewayConfiguration Over(GatewayConfiguration file) => file with
    {
        Listen = Fields.Contains(GatewayResourceReader.ListenField) ? Settings.Listen : file.Listen,
        Tls = Fields.Contains(GatewayResourceReader.TlsField) ? Settings.Tls : file.Tls,
        Store = Fields.Contains(GatewayResourceReader.StoreField) ? Settings.Store : file.Store,
        Auth = Fields.Contains(GatewayResourceReader.AuthField) ? Settings.Auth : file.Auth,
    };
}
