using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A server behind a virtual server.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record VirtualBackend
{
    /// <summary>The name of the server.</summary>
    public required string Server { get; init; }

    /// <summary>Names and globs of the tools that are advertised, as the server names them; null for all.</summary>
    public ImmutableArray<string>? Tools { get; init; }

    /// <summary>Other names for tools: the server's own name, and the one that takes its place before any prefix.</summary>
    /// <value>No name is there twice on either side. The default is none.</value>
    public ImmutableArray<KeyValuePair<string, string>> Rename { get; init; } = [];

    /// <summary>What prefixes of its names and URIs are made of, where that is not <see cref="Server"/>; or null.</summary>
    internal string? ShortName { get; init; }

    /// <summary>The prefix of its tools and prompts with <see cref="NameConflicts.Prefix"/>; null for its name and <c>_</c>.</summary>
    internal string? Prefix { get; init; }

    /// <summary>Whether another backend is the same.</summary>
    /// <param name="other">The other.</param>
    public bool Equals(VirtualBackend? other) =>
        other is not null
        && Server == other.Server
        && ShortName == other.ShortName
        && Prefix == other.Prefix
        && Rename.SequenceEqual(other.Rename)
        && Tools.HasValue == other.Tools.HasValue
        && (Tools is null || Tools.Value.SequenceEqual(other.Tools!.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Server, Rename.Length, Tools?.Length);
}
