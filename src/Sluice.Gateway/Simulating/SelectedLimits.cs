namespace Sluice.Gateway;

/// <summary>The limits that some calls of a simulation have, and the results of those calls.</summary>
internal sealed class SelectedLimits
{
    private readonly long[] _wouldRefuse;

    internal SelectedLimits(SimulatedOperation operation, ApplicableLimits limits)
    {
        Operation = operation;
        Limits = limits;
        IsPermissive = limits.Limits.ToArray().Any(limit => limit.Mode == LimitMode.Permissive);
        IsPlain = limits.Count > 0 && limits.SlotCount == 0 && limits.Wait == TimeSpan.Zero && limits.IdentityRequiredBy is null;
        _wouldRefuse = new long[limits.Count];
    }

    internal SimulatedOperation Operation { get; }

    internal ApplicableLimits Limits { get; }

    /// <summary>Whether a limit is permissive; then the states tell what it would reject.</summary>
    internal bool IsPermissive { get; }

    /// <summary>Whether the calls neither wait nor hold slots.</summary>
    internal bool IsPlain { get; }

    /// <summary>How many calls there were.</summary>
    internal long Calls { get; set; }

    /// <summary>How many calls a limit would have rejected, were it enforced.</summary>
    internal long WouldRefuse(int limit) => _wouldRefuse[limit];

    internal void CountWouldRefuse(ReadOnlySpan<LimitState> states)
    {
        for (int i = 0; i < _wouldRefuse.Length; i++)
        {
            if (Limits[i].Mode == LimitMode.Permissive && states[i].Outcome != RateLimitOutcome.Allowed)
            {
                _wouldRefuse[i]++;
            }
        }
    }
}
