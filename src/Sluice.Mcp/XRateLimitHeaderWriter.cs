using System.Globalization;

namespace Sluice.Mcp;

/// <summary>
/// Writes <c>X-RateLimit-Limit</c>, <c>X-RateLimit-Remaining</c> and <c>X-RateLimit-Reset</c>, which clients knew before
/// there was a draft.
/// </summary>
/// <remarks>
/// <para>
/// They have room for one limit: the one that rejected, else the enforced limit with the fewest tokens left. Limit is the
/// bucket's size. Reset is when it is full: by default the seconds until then, or the Unix time; both are rounded up. A limit on
/// concurrency is written only when it rejected: the limit is its number of calls at once, and the reset is now, since no other is known.
/// </para>
/// <para>Nothing is written where the store did not answer, nor where no enforced limit has a rate.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public sealed class XRateLimitHeaderWriter : IRateLimitHeaderWriter
{
    private readonly TimeProvider? _wallClock;

    /// <summary>A writer whose reset counts seconds.</summary>
    public XRateLimitHeaderWriter()
    {
    }

    /// <summary>A writer whose reset is a Unix time.</summary>
    /// <param name="time">Its wall clock.</param>
    /// <exception cref="ArgumentNullException"><paramref name="time"/> is null.</exception>
    public XRateLimitHeaderWriter(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _wallClock = time;
    }

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
            setHeader(target, "X-RateLimit-Limit", Text(limits[tightest].Capacity));
            setHeader(target, "X-RateLimit-Remaining", Text(states[tightest].Remaining));
            if (!limits[tightest].AdmitsNothing)
            {
                // Slots come back when calls end, so all that is known is when to try again.
                TimeSpan after = limits[tightest].Concurrency is null ? states[tightest].ResetAfter : states[tightest].RetryAfter;
                setHeader(target, "X-RateLimit-Reset", Text(Reset(after)));
            }
        }
    }

    private long Reset(TimeSpan after)
    {
        if (_wallClock is null)
        {
            return WholeSeconds.RoundUp(after);
        }

        TimeSpan now = _wallClock.GetUtcNow() - DateTimeOffset.UnixEpoch;
        return WholeSeconds.RoundUp(after < TimeSpan.MaxValue - now ? now + after : TimeSpan.MaxValue);
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

            if (limits[i].Mode == LimitMode.Enforce
                && limits[i].Concurrency is null
                && (tightest < 0 || states[i].Remaining < states[tightest].Remaining))
            {
                tightest = i;
            }
        }

        return tightest;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
