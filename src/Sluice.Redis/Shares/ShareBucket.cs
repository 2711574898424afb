namespace Sluice.Redis;

/// <summary>
/// What one process knows of one bucket that may be divided: its share, its demand, and the remainder as last reported.
/// </summary>
/// <remarks>
/// Thread safety: callers may use <see cref="Share"/> and <see cref="Demand"/>; the rest belongs to the lane.
/// </remarks>
internal sealed class ShareBucket(string name, ShareNumbers numbers, ShareSettings settings)
{
    /// <summary>The name of the bucket in its lane.</summary>
    internal string Name { get; } = name;

    /// <summary>The share of this process.</summary>
    internal Share Share { get; } = new(settings.RefillPerMille);

    /// <summary>What callers ask for.</summary>
    internal ShareDemand Demand { get; } = new();

    /// <summary>The numbers of the limit.</summary>
    internal ShareNumbers Numbers { get; private set; } = numbers;

    /// <summary>The epoch of the share; none without a share.</summary>
    internal ShareEpoch Epoch { get; set; }

    /// <summary>The last reply about this bucket.</summary>
    internal SyncItemReply Last { get; private set; }

    /// <summary>When that reply came.</summary>
    internal long LastMicros { get; private set; }

    /// <summary>Tokens a second that the whole bucket refills.</summary>
    internal double WholeRate => ShareNumbers.Parts * 1_000_000.0 / Numbers.TokenUnits;

    /// <summary>Takes the numbers of a changed limit.</summary>
    internal void Change(ShareNumbers numbers, long now)
    {
        if (numbers != Numbers)
        {
            Numbers = numbers;
            Share.Change(numbers, now);
        }
    }

    /// <summary>Takes what a reply said of the remainder and of the other processes.</summary>
    internal void Note(SyncItemReply reply, long now) => (Last, LastMicros) = (reply, now);

    /// <summary>The level of the remainder now, as far as this process knows.</summary>
    internal long RemainderAt(long now) => Math.Min(
        Numbers.Capacity(Last.RemainderParts), Last.RemainderLevel + (Math.Max(0, now - LastMicros) * Last.RemainderParts));

    /// <summary>Drops the share.</summary>
    internal void End()
    {
        Share.End();
        Epoch = default;
    }
}
