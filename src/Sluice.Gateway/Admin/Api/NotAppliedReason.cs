namespace Sluice.Gateway;

/// <summary>Why a limit of a server does not apply to a call.</summary>
internal static class NotAppliedReason
{
    /// <summary>The reason, in a sentence.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="method">The method of the call.</param>
    /// <param name="call">The limits of the call, and those that are on the same operation.</param>
    /// <param name="caller">Who calls.</param>
    internal static string Of(RateLimit limit, string method, ExplainedCall call, CallerIdentity caller)
    {
        if (Methods.IsNeverLimited(method))
        {
            return $"Calls of {Quote(method)} are never limited.";
        }

        if (call.Considered.FirstOrDefault(considered => Contains(considered, limit)) is not ExplainedLimits found)
        {
            return limit.Kind != OperationKind.Server ? $"It is on the {limit.KindName} {Quote(limit.Operation)}."
                : limit.Path.StartsWith("limits[", StringComparison.Ordinal) ? "Its 'when' names other operations."
                : $"It does not count calls of {Quote(method)}: 'meter' says what it counts.";
        }

        return !found.Counts ? "Its 'when' names other callers."
            : found.Overrides.Any(other => other.Decides && other.Limits.IsEmpty) ? "An override says 'unlimited' for this caller."
            : !limit.Key.IsKnown(caller) ? OfMissingParts(limit, caller)
            : "It is for the callers of overrides only, and none matches.";
    }

    /// <summary>The parts of a limit's key that a caller lacks, in a sentence.</summary>
    internal static string OfMissingParts(RateLimit limit, CallerIdentity caller) =>
        $"It counts by {limit.Key}, and the caller has no {string.Join(", no ", limit.Key.Where(part => !caller.Has(part)))}.";

    private static string Quote(string text) => Configuration.Shown.Quote(text);

    // The limits of all backends are written at one place.
    private static bool Contains(ExplainedLimits considered, RateLimit limit) =>
        (IsAt(limit, considered.Path) || considered.Overrides.Any(other => IsAt(limit, other.Path)))
        && (limit.Kind != OperationKind.Backend
            || considered.Overrides.SelectMany(other => other.Limits).Concat(considered.Limits).Any(one => one.Target.Equals(limit.Target)));

    private static bool IsAt(RateLimit limit, string path) =>
        limit.Path.StartsWith(path, StringComparison.Ordinal)
            && (limit.Path.Length == path.Length || limit.Path[path.Length] is '.' or '[');
}
