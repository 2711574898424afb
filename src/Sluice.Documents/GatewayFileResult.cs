using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What became of reading a file: a configuration, or everything that is wrong.</summary>
/// <param name="Configuration">The configuration; null when there are faults.</param>
/// <param name="Faults">The faults, in the order of the file; empty when there is a configuration.</param>
internal sealed record GatewayFileResult(GatewayConfiguration? Configuration, ImmutableArray<Fault> Faults)
{
    /// <summary>The files and folders that it was read from: the document, and what the document names. Some may not exist.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>What is valid, and is probably not meant or has no effect here; empty for documents of our own.</summary>
    public ImmutableArray<Fault> Warnings { get; init; } = [];

    /// <summary>What manifests of other products gave to it.</summary>
    internal ManifestNames Manifests { get; init; } = ManifestNames.None;

    /// <summary>Where each server is written, in the order of the configuration.</summary>
    internal ImmutableArray<ServerPlace> Places { get; init; } = [];

    /// <summary>The configuration of a document that cannot be wrong.</summary>
    /// <exception cref="InvalidOperationException">It has faults; the message lists them.</exception>
    public GatewayConfiguration RequireConfiguration() =>
        Configuration ?? throw new InvalidOperationException(FaultFormatter.Format(Faults));
}
