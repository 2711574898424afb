using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>The tenant, scopes and claims of API keys. Keys that have the same ones share one object.</summary>
/// <param name="index">Its index in the table.</param>
/// <param name="tenant">The tenant, or null.</param>
/// <param name="scopes">The scopes.</param>
/// <param name="claims">The claims and their values.</param>
internal sealed class ApiKeyGrant(
    int index, string? tenant, ImmutableArray<string> scopes, ImmutableDictionary<string, ImmutableArray<string>> claims)
{
    internal int Index => index;

    internal string? Tenant => tenant;

    internal ImmutableArray<string> Scopes => scopes;

    internal ImmutableDictionary<string, ImmutableArray<string>> Claims => claims;
}
