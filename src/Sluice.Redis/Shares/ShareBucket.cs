namespace Sluice.Redis;

/// <summary>
/// What one process knows of one bucket that may be divided: its share, its demand, and the remainder as last reported.
/// </summary>
/// <remarks>
/// Thread safety: callers may use <see cref="Share"/> and <see cref="Demand"/>, and read the rest; only the lane changes it.
/// </remarks>
internal sealed class ShareBucket(string name, ShareNumbers numbers, ShareSettings settings)
{
    private static long _count;
    private ChangingNumbers _numbers = new(numbers);
    private SyncItemReplyBox _last = new(default);
    private Remainder _remainder = new(ShareNumbers.Parts, numbers.Whole, long.MinValue / 2); // Full, until something is known.
    private long _askAgainAt = long.MinValue;
    private long _asksSince = long.MinValue / 2;
    private int _asks;

    /// <summary>The name of the bucket in its lane.</summary>
    internal string Name { get; } = name;

    /// <summary>No two buckets have the same. Who locks several shares locks the lowest first.</summary>
    internal long Order { get; } = Interlocked.Increment(ref _count);

    /// <summary>The share of this process.</summary>
    internal Share Share { get; } = new(settings.RefillPerMille);

    /// <summary>What callers ask for.</summary>
    internal ShareDemand Demand { get; } = new();

    /// <summary>The numbers of the limit.</summary>
    internal ShareNumbers Numbers => Volatile.Read(ref _numbers).Value;

    /// <summary>The epoch of the share; none without a share.</summary>
    internal ShareEpoch Epoch { get; set; }

    /// <summary>The last reply about this bucket.</summary>
    internal SyncItemReply Last => Volatile.Read(ref _last).Value;

    /// <summary>Tokens a second that the whole bucket refills.</summary>
    internal double WholeRate => ShareNumbers.Parts * 1_000_000.0 / Numbers.TokenUnits;

    /// <summary>Whether the lane has it, because it is busy or has a share.</summary>
    internal bool IsActive { get; set; }

    /// <summary>Whether it was not used for so long that another object may represent the bucket now. It never changes back.</summary>
    internal bool IsRetired { get; set; }

    /// <summary>
    /// Whether the allocator may count parts of it as this process's. After a message without a reply that can be more than the process
    /// has.
    /// </summary>
    internal bool IsRecorded { get; set; }

    /// <summary>When a call used it last.</summary>
    internal long UsedAt { get; set; }

    /// <summary>Takes the numbers of a changed limit.</summary>
    internal void Change(ShareNumbers numbers, long now)
    {
        if (numbers != Numbers)
        {
            Volatile.Write(ref _numbers, new ChangingNumbers(numbers));
            Share.Change(numbers, now);
        }
    }

    /// <summary>Takes what a reply said of the remainder and of the other processes.</summary>
    internal void Note(SyncItemReply reply, long now)
    {
        Volatile.Write(ref _last, new SyncItemReplyBox(reply));
        NoteRemainder(reply.RemainderParts, reply.RemainderLevel, now);
    }

    /// <summary>Takes what is known of the remainder. Any thread may call it.</summary>
    internal void NoteRemainder(int parts, long level, long now) => Volatile.Write(ref _remainder, new Remainder(parts, level, now));

    /// <summary>The level of the remainder now, as far as this process knows.</summary>
    internal long RemainderAt(long now)
    {
        Remainder last = Volatile.Read(ref _remainder);
        ShareNumbers current = Numbers;
        long elapsed = Math.Clamp(now - last.Micros, 0, current.FillMicros);
        return Math.Min(current.Capacity(last.Parts), last.Level + (elapsed * last.Parts));
    }

    /// <summary>Whether the remainder rejected a call so short a time ago that it need not be asked again.</summary>
    internal bool IsRejecting(long now) => now < Volatile.Read(ref _askAgainAt);

    /// <summary>Lets this process not ask again for a time, because the remainder has too few tokens.</summary>
    internal void Reject(long until) => Volatile.Write(ref _askAgainAt, until);

    /// <summary>Counts a call that had to ask. Says whether there are so many that a share may be worth taking.</summary>
    internal bool NoteAsk(long now)
    {
        UsedAt = now;
        if (now - Volatile.Read(ref _asksSince) >= settings.CheckMicros)
        {
            Volatile.Write(ref _asksSince, now);
            Volatile.Write(ref _asks, 0);
        }

        return Interlocked.Increment(ref _asks) * 1_000_000.0 >= settings.TakeRate / 4 * settings.CheckMicros;
    }

    /// <summary>Drops the share.</summary>
    internal void End()
    {
        Share.End();
        Epoch = default;
    }

    private sealed record ChangingNumbers(ShareNumbers Value);

    private sealed record SyncItemReplyBox(SyncItemReply Value);

    private sealed record Remainder(int Parts, long Level, long Micros);
}
