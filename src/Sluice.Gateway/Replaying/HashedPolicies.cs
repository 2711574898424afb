using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The limits of a file, by server, for callers who are known by hashes.</summary>
internal sealed class HashedPolicies
{
    private readonly Dictionary<string, RateLimitPolicy> _byServer;
    private readonly Dictionary<string, VirtualNames> _names;
    private readonly HashSet<string> _servers;

    private HashedPolicies(
        Dictionary<string, RateLimitPolicy> byServer, Dictionary<string, VirtualNames> names, HashSet<string> servers, int maxKeys)
    {
        _byServer = byServer;
        _names = names;
        _servers = servers;
        MaxKeys = maxKeys;
    }

    /// <summary>How many keys the store of the file remembers.</summary>
    internal int MaxKeys { get; }

    /// <summary>The limits of a server; null where it has none, or the file does not have it.</summary>
    internal RateLimitPolicy? Of(string server) => _byServer.GetValueOrDefault(server);

    /// <summary>
    /// The server behind a virtual server to which a call went: as it is recorded; where nothing is recorded, as far as its name tells.
    /// </summary>
    internal string? BackendOf(TracedOperation operation) =>
        operation.Backend ?? _names.GetValueOrDefault(operation.Server)?.BackendOf(operation.Method, operation.Name ?? "");

    /// <summary>Whether the file has a server.</summary>
    internal bool Has(string server) => _servers.Contains(server);

    /// <summary>The limits of a file; null when they name callers and there is no salt, and the reason.</summary>
    /// <param name="file">The file.</param>
    /// <param name="findSalt">Finds the salt of the recording; asked only where limits name callers.</param>
    /// <param name="why">Null, or the reason.</param>
    internal static HashedPolicies? Of(PolicyFile file, Func<(byte[]? Salt, string? Why)> findSalt, out string? why)
    {
        why = null;
        CallerHashes? hashes = null;
        if (file.Servers.Any(server => server.Policy is RateLimitPolicy policy && NamesCallers(policy.Settings)))
        {
            (byte[]? salt, why) = findSalt();
            if (salt is null)
            {
                return null;
            }

            hashes = new CallerHashes(salt);
        }

        Dictionary<string, RateLimitPolicy> policies = new(StringComparer.OrdinalIgnoreCase);
        foreach (PolicyOfServer server in file.Servers.Where(server => server.Policy is not null))
        {
            policies.Add(server.Name, hashes is null ? server.Policy! : Hashed(server.Name, server.Policy!, hashes));
        }

        Dictionary<string, VirtualNames> names = file.Servers
            .Where(server => server is { LimitsBackends: true, Virtual: not null })
            .ToDictionary(server => server.Name, server => new VirtualNames(server.Virtual!), StringComparer.OrdinalIgnoreCase);
        return new HashedPolicies(
            policies, names, new(file.Servers.Select(server => server.Name), StringComparer.OrdinalIgnoreCase), file.MaxKeys);
    }

    private static RateLimitPolicy Hashed(string server, RateLimitPolicy policy, CallerHashes hashes) =>
        RateLimitPolicy.Compile(server, HashedSettings.Of(policy.Settings, hashes), out ImmutableArray<SettingsFault> faults)
        ?? throw new InvalidOperationException($"The limits with hashed callers are not valid: {string.Join(' ', faults)}");

    private static bool NamesCallers(RateLimitingSettings settings) =>
        settings.Overrides.Length > 0
        || settings.Limits.Any(limit => !limit.When.Callers.IsEmpty || limit.Overrides.Length > 0)
        || Enum.GetValues<OperationKind>().Any(kind => settings[kind].Any(entry => entry.Overrides.Length > 0));
}
