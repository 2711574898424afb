using System.Buffers.Binary;

namespace Sluice.Redis;

/// <summary>A limit, and everything about it that goes to the script.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class RedisLimit
{
    internal RedisLimit(RateLimit limit, ShareRules? shares = null)
    {
        Limit = limit;
        Name = BucketName.Of(limit);
        Number = BinaryPrimitives.ReadUInt128LittleEndian(Name);
        Numbers = StepNumbers.Of(limit);
        Share = shares?.NumbersOf(limit);
        LogSuffix = IsLog ? ":" + KeyText.Escape($"{limit.Target.Word}:{limit.Target.Key}{LogPart(limit)}")
            : IsSlots ? ":" + KeyText.Escape($"{limit.Target.Word}:{limit.Target.Key}") + "%" // No escaped name ends like that.
            : null;
    }

    /// <summary>The limit.</summary>
    internal RateLimit Limit { get; }

    /// <summary>The bucket's name in its row.</summary>
    internal byte[] Name { get; }

    /// <summary><see cref="Name"/> as a number.</summary>
    internal UInt128 Number { get; }

    /// <summary>The limit's numbers in the server's steps.</summary>
    internal StepNumbers Numbers { get; }

    /// <summary>The numbers by which its bucket is divided among processes; null for a bucket that Redis decides.</summary>
    internal ShareNumbers? Share { get; }

    /// <summary>What names the divided bucket beside its row: of several rates of a target, also the rate.</summary>
    internal ReadOnlySpan<byte> ShareName => Limit.Buckets.All.Length > 1 ? Name : Name.AsSpan(0, BucketName.TargetBytes);

    /// <summary>Whether it is a sliding log, which has a key of its own beside the row.</summary>
    internal bool IsLog => Numbers.Steps.Algorithm == RateLimitAlgorithm.SlidingWindow;

    /// <summary>Whether it counts running calls, which are in a set beside the row.</summary>
    internal bool IsSlots => Numbers.Steps.IsSlots;

    /// <summary>What the key of a log or of a set of slots has behind the key of its row; null for other algorithms.</summary>
    internal string? LogSuffix { get; }

    // A single log keeps its key when its period changes; several of one target need a key each.
    private static string LogPart(RateLimit limit) => limit.Buckets.HaveSeveralLogs ? $"\0{limit.Bucket.PeriodTicks}" : "";
}
