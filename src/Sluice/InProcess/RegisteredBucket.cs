namespace Sluice;

/// <summary>What a store knows of one limit's identity: where its buckets lie, and every version of its numbers so far.</summary>
/// <remarks>Thread safety: <see cref="Versions"/> is replaced whole; the rest is immutable.</remarks>
internal sealed unsafe class RegisteredBucket
{
    /// <summary>How many limits of a server and a key have their buckets of one caller in one set.</summary>
    internal const int LimitsPerPage = 4;

    private RegisteredLimit[] _versions = [];

    /// <param name="number">Its number in the store.</param>
    /// <param name="key">What it counts by.</param>
    /// <param name="page">What sets the callers' buckets apart from those of other servers, keys and pages.</param>
    /// <param name="ordinal">Its number on the page.</param>
    /// <param name="shared">The one bucket, where all callers share it; else null.</param>
    /// <param name="sharedLock">The set whose lock guards it, where all callers share it; else null.</param>
    /// <param name="rate">The period and algorithm that name it.</param>
    internal RegisteredBucket(
        int number, LimitKey key, Fingerprint page, int ordinal, BucketSet* shared, BucketSet* sharedLock, RateKey rate)
    {
        Ordinal = ordinal;
        SharedLock = sharedLock;
        Number = number;
        Rate = rate;
        Key = key;
        Page = page;
        Shared = shared;
    }

    /// <summary>Its number in the store.</summary>
    internal int Number { get; }

    /// <summary>What it counts by.</summary>
    internal LimitKey Key { get; }

    /// <summary>What sets the callers' buckets apart from those of other servers, keys and pages.</summary>
    internal Fingerprint Page { get; }

    /// <summary>Its number on the page, below <see cref="LimitsPerPage"/>.</summary>
    internal int Ordinal { get; }

    /// <summary>The one bucket, where all callers share it; else null.</summary>
    internal BucketSet* Shared { get; }

    /// <summary>
    /// The set whose lock guards it, where all callers share it: one for all such buckets of a server, since most calls need several of
    /// them. Else null.
    /// </summary>
    internal BucketSet* SharedLock { get; }

    /// <summary>The period and algorithm that name it in the last policy that had it; only the registry reads it, under its lock.</summary>
    internal RateKey Rate { get; set; }

    /// <summary>Whether calls may be held for it, so that it may have reservations. Set once, by the registry, under its lock.</summary>
    internal bool MayHold { get; set; }

    /// <summary>Every version of its numbers, by number.</summary>
    internal RegisteredLimit[] Versions
    {
        get => Volatile.Read(ref _versions);
        set => Volatile.Write(ref _versions, value);
    }
}
