using System.Collections.Frozen;
using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Under which names a virtual server advertises what its backends have.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class VirtualNames
{
    private const string UriPrefix = "sluice+";
    private readonly Backend[] _backends;

    internal VirtualNames(VirtualUpstreamConfiguration configuration)
    {
        Conflicts = configuration.Conflicts;
        _backends = [.. configuration.Backends.Select(backend => new Backend(backend))];
    }

    /// <summary>What happens to names that several backends have.</summary>
    internal NameConflicts Conflicts { get; }

    /// <summary>The name under which an entry of a backend is advertised, if no other has it; null where it is not advertised.</summary>
    /// <param name="backend">The place of the backend in the configuration.</param>
    /// <param name="kind">The list.</param>
    /// <param name="own">The backend's name or URI.</param>
    internal string? Advertised(int backend, ListKind kind, string own)
    {
        Backend at = _backends[backend];
        if (!kind.IsNamed)
        {
            return own;
        }

        string? name = kind != ListKind.Tools ? own
            : at.Tools?.Matches(own) == false ? null
            : at.Renamed.GetValueOrDefault(own, own);
        return name is not null && Conflicts == NameConflicts.Prefix ? at.Prefix + name : name;
    }

    /// <summary>The URI of a resource whose own URI another backend has; null where it is hidden.</summary>
    internal string? OtherUri(int backend, string own) =>
        Conflicts == NameConflicts.Prefix ? $"{UriPrefix}{_backends[backend].Name}:{own}" : null;

    /// <summary>The backend and its own URI that a URI with a backend's prefix means; null for a URI without one.</summary>
    internal Route? OfPrefixedUri(string uri)
    {
        if (Conflicts != NameConflicts.Prefix || !uri.StartsWith(UriPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        int colon = uri.IndexOf(':', StringComparison.Ordinal);
        int backend = colon < 0 ? -1 : Array.FindIndex(
            _backends, one => uri.AsSpan(UriPrefix.Length..colon).Equals(one.Name, StringComparison.OrdinalIgnoreCase));
        return backend < 0 ? null : new Route(backend, uri[(colon + 1)..]);
    }

    /// <summary>
    /// The only backend that can have an advertised name, and its own name, as far as names tell; null where none can, or several.
    /// </summary>
    internal Route? OfPrefix(ListKind kind, string advertised)
    {
        if (Conflicts != NameConflicts.Prefix)
        {
            return _backends.Length == 1 ? OwnOf(0, kind, advertised) : null;
        }

        Route? found = null;
        for (int i = 0; i < _backends.Length; i++)
        {
            string prefix = _backends[i].Prefix;
            if (advertised.StartsWith(prefix, StringComparison.Ordinal) && OwnOf(i, kind, advertised[prefix.Length..]) is Route route)
            {
                if (found is not null)
                {
                    return null;
                }

                found = route;
            }
        }

        return found;
    }

    /// <summary>The name of the backend to which a call goes, as far as the call tells; null where it does not tell it.</summary>
    /// <param name="method">The JSON-RPC method.</param>
    /// <param name="operation">The tool's or prompt's name or the resource's URI.</param>
    internal string? BackendOf(string method, string operation) => Methods.KindOf(method) switch
    {
        OperationKind.Tool => NameOf(OfPrefix(ListKind.Tools, operation)),
        OperationKind.Prompt => NameOf(OfPrefix(ListKind.Prompts, operation)),
        OperationKind.Resource => NameOf(OfPrefixedUri(operation)) ?? (_backends.Length == 1 ? _backends[0].Server : null),
        _ => null,
    };

    private string? NameOf(Route? route) => route is null ? null : _backends[route.Backend].Server;

    private Route? OwnOf(int backend, ListKind kind, string name)
    {
        if (kind != ListKind.Tools)
        {
            return new Route(backend, name);
        }

        Backend at = _backends[backend];
        string own = at.Own.GetValueOrDefault(name, name);
        bool isHidden = at.Tools?.Matches(own) == false || (own == name && at.Renamed.ContainsKey(name));
        return isHidden ? null : new Route(backend, own);
    }

    private sealed class Backend(VirtualBackend configuration)
    {
        internal string Server { get; } = configuration.Server;

        internal string Name { get; } = configuration.ShortName ?? configuration.Server;

        internal string Prefix { get; } = configuration.Prefix ?? (configuration.ShortName ?? configuration.Server) + "_";

        internal OperationMatcher? Tools { get; } =
            configuration.Tools is ImmutableArray<string> names
                ? new OperationMatcher(OperationKind.Tool, names, caseSensitive: true)
                : null;

        internal FrozenDictionary<string, string> Renamed { get; } = configuration.Rename.ToFrozenDictionary(StringComparer.Ordinal);

        internal FrozenDictionary<string, string> Own { get; } =
            configuration.Rename.ToFrozenDictionary(entry => entry.Value, entry => entry.Key, StringComparer.Ordinal);
    }
}

/// <summary>Where a call goes.</summary>
/// <param name="Backend">The place of the backend in the configuration.</param>
/// <param name="Own">The backend's own name or URI.</param>
internal sealed record Route(int Backend, string Own);
