using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The limits of a server with conditions on hashed callers, so that recorded calls can be decided by them.</summary>
internal static class HashedSettings
{
    /// <summary>The same settings, in which the values of every condition on callers are hashed.</summary>
    internal static RateLimitingSettings Of(RateLimitingSettings settings, CallerHashes hashes) => settings with
    {
        Overrides = Of(settings.Overrides, hashes),
        Limits =
        [
            .. settings.Limits.Select(limit => limit with
            {
                When = limit.When with { Callers = hashes.Of(limit.When.Callers) },
                Overrides = [.. limit.Overrides.Select(entry => entry with { When = hashes.Of(entry.When) })],
            }),
        ],
        Tools = Of(settings.Tools, hashes),
        Prompts = Of(settings.Prompts, hashes),
        Resources = Of(settings.Resources, hashes),
        Methods = Of(settings.Methods, hashes),
        Backends = Of(settings.Backends, hashes),
    };

    private static ImmutableArray<OperationSettings> Of(ImmutableArray<OperationSettings> operations, CallerHashes hashes) =>
        [.. operations.Select(operation => operation with { Overrides = Of(operation.Overrides, hashes) })];

    private static ImmutableArray<OverrideSettings> Of(ImmutableArray<OverrideSettings> overrides, CallerHashes hashes) =>
        [.. overrides.Select(entry => entry with { When = hashes.Of(entry.When) })];
}
