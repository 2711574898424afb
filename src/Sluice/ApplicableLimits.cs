namespace Sluice;

/// <summary>The limits that apply to one call of one caller, in the policy's order, and what the call costs.</summary>
/// <remarks>
/// <para>Built once, for the first call that needs it; <see cref="RateLimitPolicy.Select"/> hands out the same instances.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed class ApplicableLimits
{
    private readonly RateLimit[] _limits;

    internal ApplicableLimits(
        RateLimit[] limits,
        int cost,
        RateLimit? identityRequiredBy = null,
        string operation = LimitNames.OtherOperation,
        TimeSpan wait = default)
    {
        _limits = limits;
        Cost = cost;
        IdentityRequiredBy = identityRequiredBy;
        Operation = operation;
        Wait = wait;
        foreach (RateLimit limit in limits)
        {
            if (limit.Concurrency is not null)
            {
                SlotCount++;
                MaxAge = SlotCount == 1 || limit.MaxAge < MaxAge ? limit.MaxAge : MaxAge;
            }
        }
    }

    /// <summary>No limits: the call is not metered.</summary>
    public static ApplicableLimits None { get; } = new([], 1);

    /// <summary>How many limits apply; at most <see cref="MaxCount"/>.</summary>
    public int Count => _limits.Length;

    /// <summary>The most limits that can apply to a call; a policy in which more could apply is not accepted.</summary>
    public const int MaxCount = 32;

    /// <summary>Tokens that the call costs; at least 1.</summary>
    public int Cost { get; }

    /// <summary>How long the call may be held instead of being rejected; zero where it may not.</summary>
    public TimeSpan Wait { get; }
    /// <summary>How many of the limits are on concurrency: a call that is allowed holds a slot of each until it ends.</summary>
    public int SlotCount { get; }

    /// <summary>The longest time for which the call may hold its slots: the shortest of its limits; zero without slots.</summary>
    internal TimeSpan MaxAge { get; }

    /// <summary>
    /// The limit that rejects the call because the caller lacks the identity that it counts by
    /// (<see cref="MissingIdentity.Reject"/>), or null. Where it is set no store is asked.
    /// </summary>
    public RateLimit? IdentityRequiredBy { get; }

    /// <summary>
    /// The configured operation that the calls match, as a label; <see cref="LimitNames.OtherOperation"/> for all others.
    /// </summary>
    internal string Operation { get; }

    /// <summary>The counters of these limits; made for the first call that is counted.</summary>
    internal DecisionCounters Counters => field ??= new DecisionCounters(this);

    /// <summary>What the last store that met these limits for the first time knows of them. Other stores look it up.</summary>
    internal RegisteredLimits? Registration { get; set; }

    /// <summary>
    /// Whether a store in memory should read the clock under its locks at once, because it could not use an earlier reading the last
    /// time. A guess that affects speed only.
    /// </summary>
    internal bool ReadsLate { get; private set; }

    /// <summary>Sets <see cref="ReadsLate"/>.</summary>
    internal void NoteLate(bool readsLate)
    {
        if (ReadsLate != readsLate)
        {
            ReadsLate = readsLate; // Written only where it changes, since other processors read it at every call.
        }
    }

    /// <summary>The limits, in the order of evaluation and of reporting.</summary>
    public ReadOnlySpan<RateLimit> Limits => _limits;

    /// <summary>One of the limits.</summary>
    /// <exception cref="IndexOutOfRangeException"><paramref name="index"/> is not below <see cref="Count"/>.</exception>
    public RateLimit this[int index] => _limits[index];
}
