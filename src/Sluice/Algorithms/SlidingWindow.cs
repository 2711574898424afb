namespace Sluice;

/// <summary>The exact sliding window: a log of what was admitted when.</summary>
/// <remarks>
/// <para>
/// State: nothing; or one entry, its time in <see cref="BucketState.Time"/> and its tokens in <see cref="BucketState.Word"/>;
/// or the newest entry's time, and in the word the top bit, the number of the oldest chunk of a <see cref="LogPool"/> and,
/// in the low half, of the newest.
/// </para>
/// <para>
/// Every operation reads the log as a <see cref="LogView"/>: what counts now, under these numbers, of a log that may have been
/// written under others. Only <see cref="Charge"/> and <see cref="Refund"/> write. An entry's tokens saturate at 2^50.
/// </para>
/// <para>
/// When the pool is exhausted a charge joins the newest entry, which then counts from now: never less, never for longer than a
/// period.
/// </para>
/// </remarks>
internal static unsafe class SlidingWindow
{
    /// <summary>What sets it apart.</summary>
    internal static readonly AlgorithmTraits Traits = new("slidingWindow", "sliding window", StateTime.NewestCall);

    private const ulong ChunkedBit = 1UL << 63;
    private const ulong MaxCost = 1UL << 50;

    /// <summary>Whether a call is admitted.</summary>
    /// <param name="view">What the log counts now.</param>
    /// <param name="cost">Tokens; from 1 to the capacity.</param>
    /// <param name="waitTicks">The least wait until it would be admitted; zero when it is.</param>
    internal static bool Admits(in LogView view, ulong cost, out ulong waitTicks)
    {
        ulong used = view.Used();
        if (used + cost <= view.Limit.MaxTokens)
        {
            waitTicks = 0;
            return true;
        }

        ulong excess = used + cost - view.Limit.MaxTokens;
        LogWalk walk = view.Walk();
        while (excess > 0 && walk.MoveNext())
        {
            excess -= Math.Min(excess, walk.Cost);
        }

        waitTicks = walk.Time + view.Limit.PeriodTicks - view.NowTicks;
        return false;
    }

    /// <summary>Whole tokens that are left.</summary>
    internal static int Remaining(in LogView view) =>
        (int)(view.Limit.MaxTokens - Math.Min(view.Used(), view.Limit.MaxTokens));

    /// <summary>The first tick at which nothing of a log counts any more; zero for a new bucket.</summary>
    internal static ulong ResetAt(LimitNumbers limit, BucketState state) => state.IsNew ? 0 : state.Time + limit.PeriodTicks;

    /// <summary>Records tokens, whether they are there or not, and drops what no longer counts.</summary>
    internal static BucketState Charge(in LogView view, ulong cost)
    {
        BucketState state = Trim(view);
        ulong now = view.NowTicks;
        if (state.IsNew)
        {
            return new BucketState(now, cost);
        }

        LogPool pool = view.Pool;
        if (!IsChunked(state))
        {
            uint first = state.Time == now ? 0 : pool.Take();
            if (first == 0)
            {
                return new BucketState(now, Math.Min(state.Word + cost, MaxCost));
            }

            pool[first]->Set(0, state.Time, state.Word);
            pool[first]->End = 1;
            pool[first]->Total = state.Word;
            state = Chunked(state.Time, first, first);
        }

        uint newest = Newest(state);
        LogChunk* head = pool[Oldest(state)];
        LogChunk* tail = pool[newest];
        ulong room = MaxCost - Math.Min(head->Total, MaxCost);
        cost = Math.Min(cost, room);
        head->Total += cost;
        if (state.Time != now && tail->End == LogChunk.Entries && pool.Take() is uint fresh and not 0)
        {
            tail->Next = fresh;
            newest = fresh;
            tail = pool[fresh];
        }

        if (state.Time != now && tail->End < LogChunk.Entries)
        {
            tail->Set(tail->End, now, cost);
            tail->End++;
        }
        else
        {
            tail->Set(tail->End - 1, now, tail->Cost(tail->End - 1) + cost);
        }

        return Chunked(now, Oldest(state), newest);
    }

    /// <summary>Gives tokens back, the newest first.</summary>
    internal static BucketState Refund(in LogView view, ulong cost)
    {
        ulong used = view.Used();
        return Rewrite(view, used - Math.Min(used, cost));
    }

    /// <summary>Returns the memory of an evicted log to the pool.</summary>
    internal static void Forget(LogPool pool, BucketState state)
    {
        if (!IsChunked(state))
        {
            return;
        }

        uint number = Oldest(state);
        while (number != 0)
        {
            uint next = pool[number]->Next;
            pool.Give(number);
            number = next;
        }
    }

    /// <summary>The one entry that counts at least as much as a log does, at any time; the log is forgotten.</summary>
    internal static BucketState Fold(in LogView view)
    {
        ulong used = view.Used();
        ulong time = view.State.Time;
        Forget(view.Pool, view.State);
        return used == 0 ? default : new BucketState(time, used);
    }

    /// <summary>The one entry that counts at least as much as either of two does, at any time.</summary>
    internal static BucketState Merge(BucketState left, BucketState right) =>
        new(Math.Max(left.Time, right.Time), Math.Max(left.Word, right.Word));

    /// <summary>The state that has used the most of all that are new again at an instant, or a period from now if sooner.</summary>
    internal static BucketState MostUsedState(LimitNumbers limit, ulong untilTicks, bool mayBeOverdrawn, ulong nowTicks) => new(
        Math.Min(untilTicks, nowTicks + limit.PeriodTicks) - limit.PeriodTicks,
        mayBeOverdrawn ? MaxCost : limit.MaxTokens);

    /// <summary>Whether a state's entries lie in chunks.</summary>
    internal static bool IsChunked(BucketState state) => (state.Word & ChunkedBit) != 0;

    /// <summary>The number of a log's oldest chunk.</summary>
    internal static uint Oldest(BucketState state) => (uint)((state.Word & ~ChunkedBit) >> 32);

    private static uint Newest(BucketState state) => (uint)(state.Word & uint.MaxValue);

    private static BucketState Chunked(ulong time, uint oldest, uint newest) =>
        new(time, ChunkedBit | ((ulong)oldest << 32) | newest);

    /// <summary>The log without what no longer counts. Costs what it frees, unless the numbers changed.</summary>
    private static BucketState Trim(in LogView view)
    {
        if (view.IsConverted || !IsChunked(view.State))
        {
            return Rewrite(view, view.Used());
        }

        LogPool pool = view.Pool;
        uint oldest = Oldest(view.State);
        LogChunk* chunk = pool[oldest];
        while (!view.Counts(chunk->Time(chunk->First)))
        {
            chunk->Total -= chunk->Cost(chunk->First);
            chunk->First++;
            if (chunk->First < chunk->End)
            {
                continue;
            }

            uint next = chunk->Next;
            ulong total = chunk->Total;
            pool.Give(oldest);
            if (next == 0)
            {
                return default;
            }

            oldest = next;
            chunk = pool[next];
            chunk->Total = total;
        }

        return Chunked(view.State.Time, oldest, Newest(view.State));
    }

    /// <summary>Writes the oldest entries of a view, up to so many tokens, over the log that they came from.</summary>
    private static BucketState Rewrite(in LogView view, ulong tokens)
    {
        BucketState state = view.State;
        LogPool pool = view.Pool;
        if (tokens == 0)
        {
            Forget(pool, state);
            return default;
        }

        LogWalk walk = view.Walk();
        if (!IsChunked(state))
        {
            _ = walk.MoveNext();
            return new BucketState(walk.Time, tokens);
        }

        // Reading is never behind writing, so both may use the same chunks.
        uint target = Oldest(state);
        int end = 0;
        ulong time = 0;
        ulong left = tokens;
        while (left > 0 && walk.MoveNext())
        {
            if (end == LogChunk.Entries)
            {
                pool[target]->End = LogChunk.Entries;
                target = pool[target]->Next;
                end = 0;
            }

            ulong cost = Math.Min(left, walk.Cost);
            time = walk.Time;
            left -= cost;
            pool[target]->Set(end, time, cost);
            pool[target]->First = 0;
            end++;
        }

        uint unused = pool[target]->Next;
        pool[target]->End = (ushort)end;
        pool[target]->Next = 0;
        pool[Oldest(state)]->Total = tokens;
        if (unused != 0)
        {
            Forget(pool, Chunked(0, unused, unused));
        }

        return Chunked(time, Oldest(state), target);
    }
}
