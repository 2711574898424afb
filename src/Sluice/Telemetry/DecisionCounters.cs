namespace Sluice;

/// <summary>
/// What is counted of one set of limits. It is made once, so that counting a call looks nothing up and allocates nothing.
/// </summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class DecisionCounters
{
    internal const string Allowed = "allowed";
    internal const string Refused = "refused";
    internal const string WouldRefuse = "would_refuse";

    private readonly OfLimit[] _limits;

    internal DecisionCounters(ApplicableLimits limits)
    {
        _limits = new OfLimit[limits.Count];
        for (int i = 0; i < _limits.Length; i++)
        {
            _limits[i] = new OfLimit(limits[i], limits.Operation);
        }
    }

    /// <summary>What is counted of one limit.</summary>
    internal OfLimit this[int index] => _limits[index];

    /// <summary>What is counted of one limit for the calls of one operation.</summary>
    internal sealed class OfLimit(RateLimit limit, string operation)
    {
        /// <summary>Decisions that let the call through.</summary>
        internal SeriesCounter.Series Allowed { get; } = Decisions(limit, operation, DecisionCounters.Allowed);

        /// <summary>The other decisions: the limit rejects the call, or would if it were enforced.</summary>
        internal SeriesCounter.Series Refused { get; } = Decisions(
            limit, operation, limit.Mode == LimitMode.Permissive ? WouldRefuse : DecisionCounters.Refused);

        /// <summary>Calls that left little of the limit.</summary>
        internal SeriesCounter.Series Near { get; } = SluiceInstruments.LimitNear.Of(
            SluiceInstruments.Label("server", limit.Server), SluiceInstruments.Label("limit", limit.Name));

        private static SeriesCounter.Series Decisions(RateLimit limit, string operation, string decision) =>
            SluiceInstruments.LimitDecisions.Of(
                SluiceInstruments.Label("server", limit.Server),
                SluiceInstruments.Label("limit", limit.Name),
                SluiceInstruments.Label("scope", limit.ScopeName),
                SluiceInstruments.Label("operation", operation),
                SluiceInstruments.Label("decision", decision));
    }
}
