using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>What became of a policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Applied">The servers that it limits, by their names in the gateway.</param>
/// <param name="Missing">The references to servers that do not exist.</param>
/// <param name="Conflicts">Why a target is not limited by it, although it exists, a line each.</param>
internal sealed record PolicyOutcome(
    PolicyResource Policy, ImmutableArray<string> Applied, ImmutableArray<TargetReference> Missing, ImmutableArray<ResourceConflict> Conflicts);

/// <summary>A target that a policy does not limit, although it exists.</summary>
/// <param name="Target">The reference.</param>
/// <param name="Message">Why, and the way out.</param>
internal sealed record ResourceConflict(TargetReference Target, string Message);
