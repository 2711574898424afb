namespace Sluice;

/// <summary>The labels of one set of limits, made once, so that counting a call allocates nothing.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class DecisionLabels
{
    internal const string Allowed = "allowed";
    internal const string Refused = "refused";
    internal const string WouldRefuse = "would_refuse";

    private readonly OfLimit[] _limits;

    internal DecisionLabels(ApplicableLimits limits)
    {
        _limits = new OfLimit[limits.Count];
        for (int i = 0; i < _limits.Length; i++)
        {
            _limits[i] = new OfLimit(limits[i], limits.Operation);
        }
    }

    /// <summary>The labels of one limit.</summary>
    internal OfLimit this[int index] => _limits[index];

    /// <summary>The labels of one limit for the calls of one operation.</summary>
    internal sealed class OfLimit(RateLimit limit, string operation)
    {
        /// <summary>Labels of a decision that lets the call through.</summary>
        internal KeyValuePair<string, object?>[] Allowed { get; } = Decision(limit, operation, DecisionLabels.Allowed);

        /// <summary>Labels of the other decision: the limit rejects the call, or would if it were enforced.</summary>
        internal KeyValuePair<string, object?>[] Refused { get; } = Decision(
            limit, operation, limit.Mode == LimitMode.Permissive ? WouldRefuse : DecisionLabels.Refused);

        /// <summary>Labels of the limit alone.</summary>
        internal KeyValuePair<string, object?>[] Limit { get; } =
            [SluiceInstruments.Label("server", limit.Server), SluiceInstruments.Label("limit", limit.Name)];

        private static KeyValuePair<string, object?>[] Decision(RateLimit limit, string operation, string decision) =>
        [
            SluiceInstruments.Label("server", limit.Server),
            SluiceInstruments.Label("limit", limit.Name),
            SluiceInstruments.Label("scope", limit.ScopeName),
            SluiceInstruments.Label("operation", operation),
            SluiceInstruments.Label("decision", decision),
        ];
    }
}
