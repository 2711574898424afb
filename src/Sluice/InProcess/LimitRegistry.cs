using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The limits that a store knows: it numbers them, and the versions of their numbers.</summary>
/// <remarks>
/// <para>It grows with the number of configurations, never with callers.</para>
/// <para>Thread safety: any thread may ask; registering takes a lock.</para>
/// </remarks>
internal sealed unsafe class LimitRegistry
{
    /// <summary>As many limits as an entry's name can number; the last number is the fold of all limits.</summary>
    internal const int MostBuckets = (1 << BucketEntry.BucketBits) - 1;

    /// <summary>As many versions of a limit's numbers as an entry's name can number.</summary>
    internal const int MostVersions = 1 << BucketEntry.VersionBits;

    private const int MostSharedPerBlock = 64;

    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<object, RegisteredLimits> _known = [];
    private readonly Dictionary<(LimitTarget Target, LimitKey Key, bool IsSlots), List<RegisteredBucket>> _byIdentity = [];
    private readonly Dictionary<(string Server, LimitKey Key), int> _pages = [];
    private readonly List<FlatMemory> _sharedBlocks = [];
    private readonly Dictionary<string, nint> _sharedLocks = [];
    private readonly int _logChunks;
    private readonly StoreClock _clock;
    private readonly int _maxBuckets;
    private readonly int _maxVersions;
    private object _owner = new();
    private long _epochTicks;
    private RegisteredBucket[] _buckets = [];
    private LogPool? _logs;
    private int _bucketCount = 1; // Number 0 is not used, so that memory that was never written names no bucket.
    private int _sharedPerBlock;
    private int _sharedInBlock;

    /// <param name="clock">The store's clock.</param>
    /// <param name="logChunks">How many chunks there are for sliding logs, once a limit needs one.</param>
    /// <param name="maxBuckets">The first number that no limit gets; limits are numbered from 1.</param>
    /// <param name="maxVersions">How many versions of a limit's numbers there may be.</param>
    internal LimitRegistry(StoreClock clock, int logChunks, int maxBuckets = MostBuckets, int maxVersions = MostVersions)
    {
        _maxBuckets = maxBuckets;
        _maxVersions = maxVersions;
        _clock = clock;
        _epochTicks = clock.EpochTicks;
        _logChunks = logChunks;
    }

    /// <summary>Where the sliding logs lie.</summary>
    internal LogPool Logs => _logs!; // Made before the first limit that has logs is registered.

    /// <summary>Chunks of memory that sliding logs hold.</summary>
    internal int LogChunksInUse => Volatile.Read(ref _logs)?.InUse ?? 0;

    /// <summary>What the store knows of the limits of a call; registered when they are met for the first time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal RegisteredLimits Of(ApplicableLimits limits) =>
        limits.Registration is RegisteredLimits known && ReferenceEquals(known.Owner, _owner)
            ? known
            : FindOrRegister(limits);

    /// <summary>What the store knows of a limit; registered when it is met for the first time.</summary>
    internal RegisteredLimit Of(RateLimit limit) =>
        (limit.Registration is RegisteredLimits known && ReferenceEquals(known.Owner, _owner)
            ? known
            : FindOrRegister(limit)).Limits[0];

    /// <summary>Takes a new phase of aligned windows: every limit is registered again, an aligned one with other numbers.</summary>
    /// <param name="epochTicks">Ticks from the Unix epoch to the store's origin.</param>
    internal void Realign(long epochTicks)
    {
        lock (_gate)
        {
            _epochTicks = epochTicks;
            ForgetSets();
        }
    }

    /// <summary>Lets calls be held for the buckets of limits. Every set of limits that shares one of them is registered again.</summary>
    internal RegisteredLimits AllowHolding(ApplicableLimits limits)
    {
        lock (_gate)
        {
            foreach (RegisteredLimit limit in Of(limits).Limits)
            {
                limit.Bucket.MayHold = true;
            }

            ForgetSets();
        }

        return Of(limits);
    }

    /// <summary>The numbers under which an entry was written.</summary>
    internal LimitNumbers WrittenUnder(BucketEntry* entry) =>
        Volatile.Read(ref _buckets)[entry->Bucket].Versions[entry->Version].Numbers;

    private void ForgetSets()
    {
        _known.Clear();
        Volatile.Write(ref _owner, new object());
    }

    // The newest store gets the field, since older ones may be gone; another looks up what it knows.
    private RegisteredLimits FindOrRegister(ApplicableLimits limits)
    {
        if (_known.TryGetValue(limits, out RegisteredLimits? found))
        {
            return found;
        }

        lock (_gate)
        {
            return limits.Registration = _known.GetValue(limits, _ => Register(limits.Limits));
        }
    }

    private RegisteredLimits FindOrRegister(RateLimit limit)
    {
        if (_known.TryGetValue(limit, out RegisteredLimits? found))
        {
            return found;
        }

        lock (_gate)
        {
            return limit.Registration = _known.GetValue(limit, _ => Register([limit]));
        }
    }

    private RegisteredLimits Register(ReadOnlySpan<RateLimit> limits)
    {
        RegisteredLimit[] registered = new RegisteredLimit[limits.Length];
        bool arePlain = true;
        bool haveSlots = false;
        bool haveLogs = false;
        bool haveAligned = false;
        bool haveCalendar = false;
        bool mayHold = false;
        for (int i = 0; i < limits.Length; i++)
        {
            registered[i] = Register(limits[i]);
            LimitNumbers numbers = registered[i].Numbers;
            arePlain &= limits[i].Mode == LimitMode.Enforce
                && !limits[i].AdmitsNothing
                && (numbers.IsSlots || (numbers.Algorithm == RateLimitAlgorithm.TokenBucket && numbers.IsNarrow));
            haveSlots |= numbers.IsSlots;
            haveLogs |= numbers.Algorithm == RateLimitAlgorithm.SlidingWindow;
            haveAligned |= numbers.IsAligned;
            haveCalendar |= numbers.Edges is not null;
            mayHold |= registered[i].Bucket.MayHold;
        }

        arePlain &= !mayHold;
        return new RegisteredLimits(
            _owner, registered, arePlain && !haveSlots, arePlain && haveSlots, haveLogs, haveAligned, haveCalendar, mayHold);
    }

    private RegisteredLimit Register(RateLimit limit)
    {
        RegisteredBucket bucket = BucketOf(limit);
        if (limit.MayBeHeld && !bucket.MayHold)
        {
            bucket.MayHold = true;
            if (bucket.Versions.Length > 0)
            {
                ForgetSets();
            }
        }

        foreach (RegisteredLimit version in bucket.Versions)
        {
            if (version.Numbers.HasSameNumbers(limit, _epochTicks))
            {
                return version;
            }
        }

        int number = bucket.Versions.Length;
        if (number == _maxVersions)
        {
            throw new InvalidOperationException(
                $"The limit '{limit.Name}' has had {_maxVersions} different rates, which is as many as a store keeps apart. "
                + "Use a new store.");
        }

        LimitNumbers numbers = LimitNumbers.Of(limit, _epochTicks, limit.Concurrency is null ? _clock.EdgesOf(limit.Rate.Edges) : null);
        if (numbers.Algorithm == RateLimitAlgorithm.SlidingWindow)
        {
            _logs ??= new LogPool(_logChunks);
        }

        RegisteredLimit registered = new(bucket, number, numbers);
        bucket.Versions = [.. bucket.Versions, registered];
        return registered;
    }

    /// <summary>The bucket of a limit: that of its name, else one that its policy no longer names, else a new one.</summary>
    /// <remarks>
    /// So a rate that gets company, or another place in its list, keeps what was used, and one whose period changes too. Slots have
    /// one bucket, whatever their number: a call releases its slot where it acquired it.
    /// </remarks>
    private RegisteredBucket BucketOf(RateLimit limit)
    {
        bool isSlots = limit.Concurrency is not null;
        (LimitTarget, LimitKey, bool) identity = (limit.Target with { Operation = "" }, limit.Key, isSlots);
        if (!_byIdentity.TryGetValue(identity, out List<RegisteredBucket>? buckets))
        {
            _byIdentity.Add(identity, buckets = []);
        }

        ImmutableArray<RateKey> wanted = limit.Buckets.All;
        foreach (RateKey missing in wanted.Where(rate => buckets.All(bucket => bucket.Rate != rate)))
        {
            RegisteredBucket[] unused = [.. buckets.Where(bucket => !wanted.Contains(bucket.Rate))];
            RegisteredBucket? adopted = unused.FirstOrDefault(bucket => bucket.Rate.Algorithm == missing.Algorithm) ?? unused.FirstOrDefault();
            if (adopted is null)
            {
                buckets.Add(NewBucket(limit, missing));
            }
            else
            {
                adopted.Rate = missing;
            }
        }

        return buckets.First(bucket => bucket.Rate == limit.Bucket);
    }

    private RegisteredBucket NewBucket(RateLimit limit, RateKey rate)
    {
        if (_bucketCount == _maxBuckets)
        {
            throw new InvalidOperationException(
                $"A store keeps at most {_maxBuckets - 1} limits apart, and has met as many. Use a new store.");
        }

        (string, LimitKey) group = (limit.Server, limit.Key);
        int ordinal = _pages.GetValueOrDefault(group);
        _pages[group] = ordinal + 1;
        (int page, int onPage) = Math.DivRem(ordinal, RegisteredBucket.LimitsPerPage);
        BucketSet* shared = limit.Key.Form == LimitKeyForm.Shared ? NewShared() : null;
        RegisteredBucket bucket = new(
            _bucketCount,
            limit.Key,
            Fingerprint.Of(Fingerprint.Kind.Page, page, limit.Server, string.Join('\0', limit.Key)),
            onPage,
            shared,
            shared is null ? null : SharedLockOf(limit.Server, shared),
            rate);
        if (_bucketCount >= _buckets.Length)
        {
            RegisteredBucket[] more = new RegisteredBucket[Math.Max(16, 2 * _bucketCount)];
            _buckets.CopyTo(more, 0);
            Volatile.Write(ref _buckets, more);
        }

        _buckets[_bucketCount] = bucket;
        _bucketCount++;
        return bucket;
    }

    /// <summary>The set whose lock guards the shared buckets of a server: the first of them.</summary>
    private BucketSet* SharedLockOf(string server, BucketSet* shared)
    {
        if (!_sharedLocks.TryGetValue(server, out nint first))
        {
            _sharedLocks.Add(server, first = (nint)shared);
        }

        return (BucketSet*)first;
    }

    private BucketSet* NewShared()
    {
        if (_sharedInBlock == _sharedPerBlock)
        {
            // A store with one shared limit reserves one line.
            _sharedPerBlock = Math.Clamp(2 * _sharedPerBlock, 1, MostSharedPerBlock);
            _sharedInBlock = 0;
            _sharedBlocks.Add(new FlatMemory((nuint)(_sharedPerBlock * BucketSet.LineBytes)));
        }

        BucketSet* set = (BucketSet*)((byte*)_sharedBlocks[^1].Start + (_sharedInBlock * BucketSet.LineBytes));
        _sharedInBlock++;
        return set;
    }
}
