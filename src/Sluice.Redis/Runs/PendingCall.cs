namespace Sluice.Redis;

/// <summary>A call on its way to Redis and back. Its task says whether it was answered; then the rest can be read.</summary>
/// <remarks>
/// Thread safety: the thread with the answer fills it in, counts it, and then completes the task; a timeout completes the task with false,
/// and what is filled in afterwards is read only if it was counted by then.
/// </remarks>
internal sealed class PendingCall(ScriptVerb verb, RedisLimits limits, CallerKeys caller, ulong cost)
    : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private bool _isCounted;

    /// <summary>What is asked.</summary>
    internal ScriptVerb Verb { get; } = verb;

    /// <summary>Of which limits.</summary>
    internal RedisLimits Limits { get; } = limits;

    /// <summary>For whom.</summary>
    internal CallerKeys Caller { get; } = caller;

    /// <summary>For how many tokens.</summary>
    internal ulong Cost { get; } = cost;

    /// <summary>Which of the limits, where the layout asks for them one row at a time; else null.</summary>
    internal int[]? Part { get; init; }

    /// <summary>The instant of the charge that a settle takes back.</summary>
    internal ulong MadeAtMicros { get; init; }

    /// <summary>Who acquires slots; null for a call that acquires none.</summary>
    internal SlotHolder? Holder { get; init; }

    /// <summary>The number of a call that acquires slots.</summary>
    internal long SlotNumber { get; init; }

    /// <summary>What a call asks that reserves or cancels; else null.</summary>
    internal ReservationTerms? Reservation { get; init; }

    /// <summary>Whether every caller's row lies in a slot of its own.</summary>
    internal bool IsSpread { get; init; }

    /// <summary>What it asks of divided buckets, which are not among <see cref="Limits"/>; null where it asks nothing of them.</summary>
    internal ShareAsks? Asks { get; init; }

    /// <summary>When it times out, on the clock of its lane.</summary>
    internal PacedClock.Instant Deadline { get; set; }

    /// <summary>When it was sent.</summary>
    internal long SentTimestamp { get; set; }

    /// <summary>When the answer came.</summary>
    internal long AnsweredTimestamp { get; set; }

    /// <summary>Its state in Redis.</summary>
    internal CallFate Fate { get; set; }

    /// <summary>
    /// The limits, as bits, from whose parts this process took the cost without an answer; only <see cref="LocalBuckets"/> sets it.
    /// </summary>
    internal uint Drawn { get; set; }

    /// <summary>Of how many parts there were then.</summary>
    internal int DrawnCount { get; set; }

    /// <summary>Whether every enforced limit admits it.</summary>
    internal bool IsAllowed { get; set; }

    /// <summary>What was found of calls that wait; null where no bucket holds any, and none was to be held.</summary>
    internal HeldAnswer? Held { get; set; }

    /// <summary>How long the call waits, from the decision on; zero where it does not.</summary>
    internal ulong DelayMicros => Held?.DelayMicros ?? 0;

    /// <summary>Each bucket: after a decision as it was before, after a change as it is now.</summary>
    internal SeenBucket[] Seen { get; } = new SeenBucket[limits.Limits.Length];

    /// <summary>How many of the limits it is about.</summary>
    internal int Count => Part?.Length ?? Limits.Limits.Length;

    /// <summary>
    /// Asked by who takes its answer over into what this process counts by, and by who decides it by that without an answer: only the
    /// first may, since the call would be counted twice.
    /// </summary>
    internal bool TryCount() => !Interlocked.Exchange(ref _isCounted, true);

    /// <summary>The index, among all limits, of one that it is about.</summary>
    internal int LimitAt(int index) => Part is null ? index : Part[index];

    /// <summary>
    /// Whether Redis charged the bucket of a limit, where it admitted the call: a permissive one without the tokens is not charged.
    /// </summary>
    internal bool WasCharged(int index)
    {
        SeenBucket seen = Seen[index];
        if (Held is not null)
        {
            return !Limits.Limits[index].IsSlots && Held.IsTaking(Limits, Seen, index, Cost);
        }

        return !Limits.Limits[index].IsSlots
            && BucketAnswer.Of(Limits.Limits[index], seen, seen.NowMicros, Cost).Outcome == RateLimitOutcome.Allowed;
    }
}
