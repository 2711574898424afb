using System.Collections.Immutable;

namespace Sluice.Documents;

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
        new(Manifest.Group, Manifest.Kind, Namespace, ShortName);

    /// <summary>The fields that count by user, with their paths.</summary>
    internal ImmutableArray<(Field Field, string Path)> PerUser { get; init; } = [];

    /// <summary>The fields by which ToolHive asks callers for a token, with their paths.</summary>
    internal ImmutableArray<(Field Field, string Path)> Authentication { get; init; } = [];

    /// <summary>Where it keeps buckets; null where the manifest does not say it.</summary>
    internal ToolHiveStorage? Storage { get; init; }

    /// <summary>Its namespace; null where the manifest names none.</summary>
    internal string? Namespace => Name.Length == ShortName.Length ? null : Name[..^(ShortName.Length + 1)];

    /// <summary>Where its name is written.</summary>
    internal string NamePath { get => field ?? Manifest.PathOf("metadata.name"); init; }

    /// <summary>The group of which it is a member; null for none.</summary>
    internal string? Group { get; init; }

    /// <summary>What it says about the servers behind it; null for a server that is not virtual.</summary>
    internal ToolHiveVirtual? Virtual { get; init; }

    /// <summary>Where it is, for a server that no cluster runs; null for one that a cluster runs.</summary>
    internal Uri? Remote { get; init; }

    /// <summary>Whether clients reach it through virtual servers only.</summary>
    internal bool IsBackendOnly { get; init; }

    /// <summary>The headers that it gets with each request.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What has no equivalent, as warnings where it is served: where, and why.</summary>
    internal ImmutableArray<(Field Field, string Path, string Message)> Lost { get; init; } = [];

    /// <summary>The address of ToolHive's proxy in front of it, from the status of an object that a cluster printed; or null.</summary>
    internal Uri? Proxy { get; init; }
}
