namespace Sluice;

/// <summary>One limit's part in a decision, on the stack: where its bucket is, its state, and its next state.</summary>
internal unsafe struct BucketItem
{
    /// <summary>No place: the bucket is not in the table.</summary>
    internal const int Absent = -1;

    /// <summary>No place, because too many places of the set must stay.</summary>
    internal const int NoRoom = -2;

    /// <summary>Where the bucket may lie.</summary>
    internal BucketSet* Set;

    /// <summary>The set whose lock guards it: the same, but for a shared bucket.</summary>
    internal BucketSet* Lock;

    internal ulong Key;
    internal ulong Name;
    internal byte Tag;

    /// <summary>The place that it takes if that is empty.</summary>
    internal int Home;

    /// <summary>The place in the set, or <see cref="Absent"/>.</summary>
    internal int Place;

    /// <summary>The version of the numbers under which a sliding log was written; any other state is converted when read.</summary>
    internal int Version;

    /// <summary>What the bucket held at the instant of the decision.</summary>
    internal BucketState State;

    /// <summary>Its state if the call is charged; not known for a sliding log.</summary>
    internal BucketState Next;

    /// <summary>What the limit alone answers.</summary>
    internal RateLimitOutcome Outcome;

    /// <summary>The wait that it answers, in ticks.</summary>
    internal ulong WaitTicks;

    /// <summary>Whole tokens left: in a sliding log before the charge; where calls may be held, in any bucket after the decision.</summary>
    internal int TokensLeft;

    /// <summary>The time until the bucket is new again, in ticks; known only where calls may be held.</summary>
    internal ulong ResetTicks;

    /// <summary>Whether the call was charged.</summary>
    internal bool IsCharged;
}
