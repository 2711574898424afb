using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>A server of ToolHive as its manifest describes it, before it is known where it is.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Name">The name of the server: namespace, dot and name; the name alone where the manifest names no namespace.</param>
/// <param name="NameField">The field that names it.</param>
internal sealed record ToolHiveServer(KubernetesObject Manifest, string Name, Field NameField)
{
    /// <summary>The name without the namespace.</summary>
    internal required string ShortName { get; init; }

    /// <summary>Its limits; null for none.</summary>
    internal RateLimitPolicy? Policy { get; init; }

    /// <summary>The fields from the root to the limits.</summary>
    internal required string[] LimitsPath { get; init; }

    /// <summary>Where its limits are written, when that is a policy of its own; else null.</summary>
    internal ServerPlace? LimitsPlace { get; init; }

    /// <summary>How policies name it.</summary>
    internal ResourceTarget Target =>
        new(Manifest.Group, Manifest.Kind, Name.Length == ShortName.Length ? null : Name[..^(ShortName.Length + 1)], ShortName);

    /// <summary>The fields that count by user, with their paths.</summary>
    internal ImmutableArray<(Field Field, string Path)> PerUser { get; init; } = [];

    /// <summary>The fields by which ToolHive asks callers for a token, with their paths.</summary>
    internal ImmutableArray<(Field Field, string Path)> Authentication { get; init; } = [];

    /// <summary>Where it keeps buckets; null where the manifest does not say it.</summary>
    internal ToolHiveStorage? Storage { get; init; }

    /// <summary>The address of ToolHive's proxy in front of it, from the status of an object that a cluster printed; or null.</summary>
    internal Uri? Proxy { get; init; }
}
