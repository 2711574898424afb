using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace Sluice.Mcp;

/// <summary>
/// Reports what permissive limits would reject: a line when a limit begins to, a count each minute, a line when it stops.
/// </summary>
/// <remarks>
/// <para>A limit has stopped when a whole minute has passed without a call that it would have rejected.</para>
/// <para>Only allowed calls count: a call that an enforced limit rejects would not have reached the permissive one.</para>
/// <para>Lines name limits, never callers. Their number depends on the number of limits and on time, not on calls.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class PermissiveReport : IDisposable
{
    private readonly FrozenDictionary<RateLimit, PermissiveCounter> _counters;

    private PermissiveReport(FrozenDictionary<RateLimit, PermissiveCounter> counters)
    {
        _counters = counters;
        foreach (PermissiveCounter counter in counters.Values)
        {
            counter.Owner = this;
        }
    }

    /// <summary>The report of a policy; null when none of its limits is permissive.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="previous">The report of the policy before, whose counts are kept for limits of the same name; or null.</param>
    internal static PermissiveReport? Of(RateLimitPolicy policy, TimeProvider time, ILogger logger, PermissiveReport? previous = null)
    {
        List<PermissiveCounter> before = [.. previous?._counters.Values ?? []];
        RateLimit[] limits = [.. policy.Limits.Where(limit => limit.Mode == LimitMode.Permissive)];
        return limits.Length == 0
            ? null
            : new PermissiveReport(limits.ToFrozenDictionary(limit => limit, Continue));

        PermissiveCounter Continue(RateLimit limit)
        {
            int index = before.FindIndex(counter => counter.Limit == limit.Name);
            if (index < 0)
            {
                return new PermissiveCounter(limit, time, logger);
            }

            PermissiveCounter counter = before[index];
            before.RemoveAt(index);
            return counter;
        }
    }

    /// <summary>Counts an allowed call; it allocates nothing.</summary>
    internal void Count(ApplicableLimits limits, ReadOnlySpan<LimitState> states)
    {
        for (int i = 0; i < states.Length; i++)
        {
            if (limits[i].Mode == LimitMode.Permissive && states[i].Outcome != RateLimitOutcome.Allowed)
            {
                _counters[limits[i]].Count();
            }
        }
    }

    /// <summary>
    /// Logs what is counted and not yet reported, but for limits that another report has taken over, and reports nothing more.
    /// </summary>
    public void Dispose()
    {
        foreach (PermissiveCounter counter in _counters.Values.Where(counter => counter.Owner == this))
        {
            counter.Dispose();
        }
    }
}
