using System.Globalization;

namespace Sluice.Mcp;

/// <summary>
/// Writes <c>X-RateLimit-Limit</c>, <c>X-RateLimit-Remaining</c> and <c>X-RateLimit-Reset</c>, which clients knew before
/// there was a draft.
/// </summary>
/// <remarks>
/// <para>
/// They have room for one limit: the one that refused, else the enforced limit with the fewest tokens left. Limit is the
/// bucket's size, reset the seconds until it is full, rounded up.
/// </para>
/// <para>Nothing is written where the store did not answer, nor where every limit is permissive.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public sealed class XRateLimitHeaderWriter : IRateLimitHeaderWriter
{
    /// <inheritdoc/>
    public void Write<TTarget>(
        RateLimitDecision decision,
        ApplicableLimits limits,
        ReadOnlySpan<LimitState> states,
        TTarget target,
        Action<TTarget, string, string> setHeader)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(setHeader);
        int tightest = decision.Source == DecisionSource.OnStoreFailure ? -1 : Tightest(decision, limits, states);
        if (tightest >= 0)
        {
            setHeader(target, "X-RateLimit-Limit", Text(limits[tightest].Rate.Capacity));
            setHeader(target, "X-RateLimit-Remaining", Text(states[tightest].Remaining));
            setHeader(target, "X-RateLimit-Reset", Text(WholeSeconds.RoundUp(states[tightest].ResetAfter)));
        }
    }

    private static int Tightest(RateLimitDecision decision, ApplicableLimits limits, ReadOnlySpan<LimitState> states)
    {
        int tightest = -1;
        for (int i = 0; i < limits.Count; i++)
        {
            if (ReferenceEquals(limits[i], decision.Limit))
            {
                return i;
            }

            if (limits[i].Mode == LimitMode.Enforce && (tightest < 0 || states[i].Remaining < states[tightest].Remaining))
            {
                tightest = i;
            }
        }

        return tightest;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
