using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What became of reading a file: a configuration, or everything that is wrong.</summary>
/// <param name="Configuration">The configuration; null when there are faults.</param>
/// <param name="Faults">The faults, in the order of the file; empty when there is a configuration.</param>
internal sealed record LocalFileResult(LocalConfiguration? Configuration, ImmutableArray<Fault> Faults);
