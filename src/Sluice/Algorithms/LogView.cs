namespace Sluice;

/// <summary>What a sliding log counts at an instant, under a limit's numbers, whatever numbers it was written under.</summary>
/// <param name="pool">Where the log's chunks lie.</param>
/// <param name="written">The numbers under which the log was written.</param>
/// <param name="limit">The numbers that hold now.</param>
/// <param name="state">The log.</param>
/// <param name="nowTicks">The instant.</param>
internal readonly unsafe ref struct LogView(
    LogPool pool, LimitNumbers written, LimitNumbers limit, BucketState state, ulong nowTicks)
{
    /// <summary>Where the log's chunks lie.</summary>
    internal LogPool Pool => pool;

    /// <summary>The numbers that hold now.</summary>
    internal LimitNumbers Limit => limit;

    /// <summary>The log.</summary>
    internal BucketState State => state;

    /// <summary>The instant.</summary>
    internal ulong NowTicks => nowTicks;

    /// <summary>Whether the numbers changed since the log was written.</summary>
    internal bool IsConverted => !ReferenceEquals(written, limit);

    /// <summary>Whether an entry of that time counts: it is younger than a period, the old one as well as the new.</summary>
    internal bool Counts(ulong time) => nowTicks - time < Math.Min(limit.PeriodTicks, written.PeriodTicks);

    /// <summary>Whether an entry of that time counts under the numbers that it was written under.</summary>
    internal bool CountedWhenWritten(ulong time) => nowTicks - time < written.PeriodTicks;

    /// <summary>The tokens that count.</summary>
    internal ulong Used()
    {
        if (state.IsNew || !Counts(state.Time))
        {
            return 0; // The newest entry does not count, so none does.
        }

        if (!IsConverted && SlidingWindow.IsChunked(state))
        {
            return SubtractExpired();
        }

        ulong used = 0;
        LogWalk walk = Walk();
        while (walk.MoveNext())
        {
            used += walk.Cost;
        }

        return used;
    }

    /// <summary>The entries that count, oldest first.</summary>
    internal LogWalk Walk()
    {
        if (!IsConverted)
        {
            return new LogWalk(this, 0);
        }

        // What counted under the old numbers is kept up to the new maximum, the oldest dropped first.
        ulong counted = 0;
        LogWalk old = new(new LogView(pool, written, written, state, nowTicks), 0);
        while (old.MoveNext())
        {
            counted += old.Cost;
        }

        return new LogWalk(this, counted - Math.Min(counted, limit.MaxTokens));
    }

    private ulong SubtractExpired()
    {
        LogChunk* chunk = pool[SlidingWindow.Oldest(state)];
        ulong used = chunk->Total;
        int entry = chunk->First;
        while (!Counts(chunk->Time(entry)))
        {
            used -= chunk->Cost(entry);
            entry++;
            if (entry == chunk->End)
            {
                chunk = pool[chunk->Next];
                entry = chunk->First;
            }
        }

        return used;
    }
}
