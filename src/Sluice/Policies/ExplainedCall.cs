using System.Collections.Immutable;

namespace Sluice;

/// <summary>Why some limits apply to a call of a caller.</summary>
/// <param name="Limits">The limits, in the order of deciding, and the cost.</param>
/// <param name="CostPath">Where the cost is written, from the root of the settings; <c>cost</c> also where nothing is written.</param>
/// <param name="Considered">Every limit of the operation for any caller, in the order of deciding.</param>
internal sealed record ExplainedCall(ApplicableLimits Limits, string CostPath, ImmutableArray<ExplainedLimits> Considered);
