using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <summary>The limits of a call, ready for the script, and what is left of them while Redis does not answer.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class RedisLimits
{
    private readonly ConcurrentDictionary<uint, RedisLimits> _others = new();

    /// <param name="limits">The limits; all of one server.</param>
    /// <param name="keys">How keys are built.</param>
    /// <param name="clock">What this process takes for the time of Redis.</param>
    /// <param name="shares">Which buckets are divided; null for none.</param>
    internal RedisLimits(ApplicableLimits limits, KeyLayout keys, ServerClock clock, ShareRules? shares = null)
        : this(
            limits,
            [.. limits.Limits.ToArray().Select(limit => new RedisLimit(limit, shares))],
            keys.Server(limits.Count == 0 ? "" : limits[0].Server),
            clock)
    {
    }

    private RedisLimits(ApplicableLimits applicable, RedisLimit[] limits, ServerKeys server, ServerClock clock)
    {
        Applicable = applicable;
        Clock = clock;
        Limits = limits;
        Server = server;
        for (int i = 0; i < limits.Length; i++)
        {
            Divided |= limits[i].Share is null ? 0 : 1U << i;
            HasDividedOfCaller |= limits[i].Share is not null && limits[i].Limit.Key.Count > 0;
        }

        NamesCaller = Limits.Any(limit => limit.Limit.Key.Count > 0);
        Rows = [.. Limits.Select(limit => limit.Limit.Key).Distinct()];
        RowOf = [.. Limits.Select(limit => Rows.IndexOf(limit.Limit.Key))];
        IsPlain = Limits.All(limit => limit.Numbers.IsPlain);
        HaveCalendar = Limits.Any(limit => limit.Numbers.Steps.Edges is not null);
        FallbackOf = FailurePlan.Of(applicable);
        Argument = new byte[Limits.Length * ScriptLimit.Bytes];
        for (int i = 0; i < Limits.Length; i++)
        {
            ScriptLimit.Write(Argument.AsSpan(i * ScriptLimit.Bytes), Limits[i], (ulong)applicable.Cost);
        }
    }

    /// <summary>The limits whose buckets are divided among processes, as bits.</summary>
    internal uint Divided { get; }

    /// <summary>Whether any of them is not shared by all callers.</summary>
    internal bool HasDividedOfCaller { get; }

    /// <summary>The divided buckets, if only shared limits are divided; null until a call has used them.</summary>
    internal DividedBuckets? SharedBuckets { get; set; }

    /// <summary>The limits as the policy has them.</summary>
    internal ApplicableLimits Applicable { get; }

    /// <summary>What this process takes for the time of Redis.</summary>
    internal ServerClock Clock { get; }

    /// <summary>Whether any has windows of a calendar, whose edges are sent with each run.</summary>
    internal bool HaveCalendar { get; }

    /// <summary>Each limit.</summary>
    internal RedisLimit[] Limits { get; }

    /// <summary>Where the server's keys lie.</summary>
    internal ServerKeys Server { get; }

    /// <summary>Whether any limit is not shared by all callers.</summary>
    internal bool NamesCaller { get; }

    /// <summary>The keys, each once: each has a row.</summary>
    internal List<LimitKey> Rows { get; }

    /// <summary>For each limit, the index of its key in <see cref="Rows"/>.</summary>
    internal int[] RowOf { get; }

    /// <summary>Whether the script decides all of them by its fast path.</summary>
    internal bool IsPlain { get; }

    /// <summary>Who decides while Redis does not answer.</summary>
    internal FailurePlan FallbackOf { get; }

    /// <summary>The limits as the script's argument has them, with the cost that the policy says.</summary>
    internal byte[] Argument { get; }

    /// <summary>The same limits without some of them, which are given as bits.</summary>
    internal RedisLimits Without(uint some) => (some & All) == 0 ? this : _others.GetOrAdd(some & All, MakeWithout);

    /// <summary>All of the limits, as bits.</summary>
    internal uint All => Limits.Length == ApplicableLimits.MaxCount ? uint.MaxValue : (1U << Limits.Length) - 1;

    private RedisLimits MakeWithout(uint some)
    {
        RedisLimit[] others = [.. Limits.Where((_, index) => (some & (1U << index)) == 0)];
        return new RedisLimits(new ApplicableLimits([.. others.Select(limit => limit.Limit)], Applicable.Cost), others, Server, Clock);
    }
}
