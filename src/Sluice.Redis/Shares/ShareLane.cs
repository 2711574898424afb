namespace Sluice.Redis;

/// <summary>The shares of one process in one lane: which message is to be sent now, and what a reply changes.</summary>
/// <remarks>
/// <para>
/// It is a state machine: messages in, messages out. It sends nothing and has no clock; every instant is a reading of
/// the process's monotonic clock, in microseconds, and never decreases. The simulation of the tests runs it as it is.
/// </para>
/// <para>Thread safety: one thread at a time; callers use <see cref="ShareBucket.Share"/> at the same time.</para>
/// </remarks>
/// <param name="settings">The times.</param>
/// <param name="newId">Makes random ids; never 0, and never the same twice.</param>
#pragma warning disable CA1852 // The tests derive wrong variants from it, which the simulation must catch.
internal class ShareLane(ShareSettings settings, Func<ulong> newId)
#pragma warning restore CA1852
{
    private const int MostBuckets = 10_000;
    private const int MostItems = 128; // Of one message. Shares that a message does not name are renewed all the same.
    private readonly Dictionary<string, ShareBucket> _buckets = new(StringComparer.Ordinal);
    private readonly ShareWitness _witness = new(settings.TtlMicros);
    private readonly HashSet<ShareBucket> _growing = [];
    private ulong _number;
    private long _lastSent = long.MinValue / 2;
    private long? _lastAnswered;
    private long _witnessesUntil = long.MinValue / 2;
    private long _repliedAt;
    private long _repliedServer;
    private bool _hasReplied;
    private bool _isLeaving;
    private bool _isHurrying;

    /// <summary>The random id of this process in this lane.</summary>
    internal ulong Id { get; private set; } = newId();

    /// <summary>The message in flight; null for none.</summary>
    protected SentMessage? InFlight { get; private set; }

    /// <summary>The buckets that this process uses.</summary>
    internal IReadOnlyCollection<ShareBucket> Buckets => _buckets.Values;

    /// <summary>The settings.</summary>
    protected ShareSettings Settings { get; } = settings;

    /// <summary>A bucket by its name, with the numbers that its limit has now.</summary>
    internal ShareBucket Bucket(string name, ShareNumbers numbers, long now)
    {
        if (!_buckets.TryGetValue(name, out ShareBucket? bucket))
        {
            _buckets[name] = bucket = new(name, numbers, Settings);
        }

        bucket.IsActive = true;
        bucket.Change(numbers, now);
        return bucket;
    }

    /// <summary>Takes a bucket in, of which a share may be worth taking. It has none yet.</summary>
    internal void Add(ShareBucket bucket)
    {
        // Another object may represent the bucket already. Then this one continues without a share.
        bucket.IsActive |= _buckets.Count < MostBuckets && _buckets.TryAdd(bucket.Name, bucket);
    }

    /// <summary>Drops the buckets that have no share and that callers hardly ask for.</summary>
    internal void DropIdle()
    {
        if (InFlight is not null)
        {
            return; // The reply may bring a share.
        }

        foreach (ShareBucket bucket in _buckets.Values.Where(IsIdle).ToArray())
        {
            bucket.IsActive = false;
            bucket.IsRetired = true;
            _buckets.Remove(bucket.Name);
            _growing.Remove(bucket);
        }
    }

    private bool IsIdle(ShareBucket bucket) => !bucket.IsRecorded && bucket.Share.Parts == 0 && bucket.Demand.Rate < Settings.TakeRate / 8;

    /// <summary>Returns all shares with the next messages, and takes no others.</summary>
    internal void Leave() => _isLeaving = true;

    /// <summary>Whether any share has not been returned yet.</summary>
    internal bool HasShares => _buckets.Values.Any(bucket => bucket.Share.Parts > 0) || InFlight is not null;

    /// <summary>Fills the shares of a bucket that was reset soon: the next message is due now.</summary>
    internal void Hurry() => _isHurrying = true;

    /// <summary>
    /// Asks for more of a bucket because a call found the share empty, unless the remainder is nearly empty too,
    /// another process is waiting for its wish, or this process has just asked.
    /// </summary>
    /// <returns>Whether a message should be sent now.</returns>
    internal bool Grow(ShareBucket bucket, long costUnits, long now)
    {
        long worthwhile = Math.Max(costUnits, bucket.Numbers.Capacity(bucket.Share.Parts) / 20);
        bool isGrowing = bucket.Share.Parts > 0 && InFlight is null && !bucket.Last.OthersStarve
            && now - _lastSent >= Settings.GrowMicros && bucket.RemainderAt(now) >= worthwhile;
        return isGrowing && _growing.Add(bucket);
    }

    /// <summary>
    /// Keeps this process watching the others, because the allocator said that a bucket is divided, or that it waits.
    /// </summary>
    internal void Witness(long now) => _witnessesUntil = now + (4 * Settings.TtlMicros);

    /// <summary>
    /// The message that should be sent now: a new one, or the one in flight once more; null for none.
    /// </summary>
    internal SyncMessage? Next(long now)
    {
        DropEnded(now);
        if (InFlight is { } sent)
        {
            if (now - sent.LastSent < Settings.RetryMicros)
            {
                return null;
            }

            InFlight = sent with { LastSent = now };
            return sent.Message;
        }

        bool hasShare = _buckets.Values.Any(bucket => bucket.Share.Parts > 0);
        bool isRecorded = hasShare || _buckets.Values.Any(bucket => bucket.IsRecorded);
        bool isDue = (now - _lastSent >= Settings.RenewMicros && (isRecorded || now < _witnessesUntil)) || (_isHurrying && hasShare);
        if (!isDue && !_isLeaving && _growing.Count == 0 && now - _lastSent < Settings.CheckMicros)
        {
            return null;
        }

        List<(ShareBucket Bucket, ShareWish Wish)> wishes = [];
        bool isUrgent = false;
        foreach (ShareBucket bucket in _buckets.Values)
        {
            bucket.Demand.Update(now);
            ShareWish wish = _isLeaving
                ? new(0, 0, 0, IsShort: false, IsUrgent: bucket.Share.Parts > 0)
                : ShareSizing.Of(bucket, Settings, _growing.Contains(bucket));
            isUrgent |= wish.IsUrgent;
            if (bucket.IsRecorded || wish.Wished > 0 || (isDue && ShareSizing.IsWorthSaying(bucket)))
            {
                wishes.Add((bucket, wish));
            }
        }

        return isDue || isUrgent ? Begin(wishes, hasShare, now) : null;
    }

    /// <summary>Takes a reply. A reply to a message that is no longer in flight changes nothing.</summary>
    internal void Receive(SyncReply reply, long now)
    {
        DropEnded(now);
        if (InFlight is not { } sent || reply.Process != Id || reply.Number != sent.Message.Number || reply.Status == SyncStatus.Ignored)
        {
            return;
        }

        InFlight = null;
        if (reply.Status == SyncStatus.Ended)
        {
            BecomeAnother();
            return;
        }

        long endsAt = EndOf(sent, now);
        _witness.Note(reply, now);
        for (int i = 0; i < reply.Items.Count; i++)
        {
            Apply(sent, sent.Message.Items[i], reply.Items[i], reply.Epoch, now);
        }

        long excess = TooFast(sent, reply);
        foreach (ShareBucket bucket in _buckets.Values.Where(bucket => bucket.Share.Parts > 0 && bucket.Epoch == reply.Epoch))
        {
            bucket.Share.Renew(endsAt);
            if (excess > 0)
            {
                bucket.Share.Correct(excess * bucket.Share.Parts, now);
            }
        }

        (_lastAnswered, _repliedAt, _repliedServer, _hasReplied) = (now, now, reply.ServerMicros, true);
        if (reply.Processes.Any(process => process.Id != Id) || reply.IsWaiting)
        {
            _witnessesUntil = Math.Max(_witnessesUntil, now + Settings.TtlMicros);
        }
    }

    /// <summary>
    /// When the shares end that a reply renews: 9/10 of the TTL after the message was sent for the first time.
    /// </summary>
    protected virtual long EndOf(SentMessage sent, long now) => sent.FirstSent + Settings.UsableMicros;

    /// <summary>From when the parts that a reply brought refill: from the reply on.</summary>
    protected virtual long RefillsFrom(SentMessage sent, long now) => now;

    /// <summary>Releases parts, before the message is sent that says so.</summary>
    /// <returns>The parts that stay in use, and the level that it gave up with the others.</returns>
    protected virtual (int InUse, long Returned) Prepare(ShareBucket bucket, ShareWish wish, long now) =>
        bucket.Share.Shrink(wish.InUse, now);

    /// <summary>
    /// Drops the shares that have ended, and the message that would have renewed them.
    /// </summary>
    protected virtual void DropEnded(long now)
    {
        bool hasDropped = false;
        foreach (ShareBucket bucket in _buckets.Values.Where(bucket => bucket.Share.Parts > 0 && now >= bucket.Share.EndsAt))
        {
            bucket.End();
            hasDropped = true;
        }

        if (hasDropped || (InFlight is { } sent && now >= sent.FirstSent + Settings.UsableMicros))
        {
            InFlight = null;
        }
    }

    private SyncMessage Begin(List<(ShareBucket Bucket, ShareWish Wish)> wishes, bool hasShare, long now)
    {
        if (!hasShare && _lastAnswered is { } answered && now - answered > Settings.TtlMicros)
        {
            BecomeAnother(); // The others may have ended it; an id that has ended never comes back.
        }

        wishes.Sort(static (one, other) => (other.Wish.IsUrgent, other.Bucket.Share.Parts > 0).CompareTo(
            (one.Wish.IsUrgent, one.Bucket.Share.Parts > 0)));
        List<SyncItem> items = new(Math.Min(wishes.Count, MostItems));
        foreach ((ShareBucket bucket, ShareWish wish) in wishes.Take(MostItems))
        {
            bool isHeld = bucket.Share.Parts > 0;
            (int inUse, long returned) = isHeld ? Prepare(bucket, wish, now) : (0, 0);
            int wished = wish.Wished == 0 ? 0 : Math.Max(inUse, wish.Wished);
            bucket.IsRecorded |= wished > 0;
            items.Add(new(
                bucket.Name, isHeld ? bucket.Epoch : default, bucket.Numbers, inUse, returned, wished, wish.Demand, wish.IsShort));
        }

        SyncMessage message = new(Id, ++_number, items, _witness.Unchanged(now), _witness.Waited(now));
        InFlight = new(message, now, now);
        _lastSent = now;
        _isHurrying = false;
        _growing.Clear();
        return message;
    }

    private void Apply(SentMessage sent, SyncItem item, SyncItemReply reply, ShareEpoch epoch, long now)
    {
        ShareBucket bucket = _buckets[item.Bucket]; // While a message is in flight, no bucket is dropped.
        SyncItemReply before = bucket.Last;
        bucket.Note(reply, now);
        bucket.IsRecorded = reply is { IsGone: false, Parts: > 0 };
        if (reply.IsGone || reply.Parts == 0)
        {
            bucket.End();
            return;
        }

        long level = bucket.Numbers.Rescale(reply.Level, item.Numbers, isUp: false);
        if (bucket.Share.Parts == 0)
        {
            if (item.InUse > 0)
            {
                return; // It has released the share since.
            }

            bucket.Share.Begin(bucket.Numbers, reply.Parts, level, RefillsFrom(sent, now), EndOf(sent, now));
        }
        else
        {
            if (bucket.Numbers != item.Numbers)
            {
                level = Math.Min(level, bucket.Numbers.Capacity(Math.Max(0, reply.Parts - item.InUse)));
            }

            bucket.Share.Resize(reply.Parts, level, now, RefillsFrom(sent, now));
            if (bucket.Epoch == epoch && reply.ResetMicros != before.ResetMicros)
            {
                bucket.Share.Reset(now);
            }
        }

        bucket.Epoch = epoch;
    }

    // Microseconds by which this process's clock ran faster than the store's, beyond the 1/1000 that is allowed. The time between the
    // last reply and this message's first sending lies within the time between the two runs of the script.
    private long TooFast(SentMessage sent, SyncReply reply)
    {
        long own = sent.FirstSent - _repliedAt;
        long server = reply.ServerMicros - _repliedServer;
        return _hasReplied ? Math.Max(0, own - server - Math.Abs(server / 1000) - 1) : 0;
    }

    private void BecomeAnother()
    {
        foreach (ShareBucket bucket in _buckets.Values)
        {
            bucket.End();
            bucket.IsRecorded = false;
        }

        Id = newId();
        _number = 0;
        InFlight = null;
        _hasReplied = false;
        _lastAnswered = null;
    }

    /// <summary>A message in flight.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="FirstSent">When it was sent for the first time.</param>
    /// <param name="LastSent">When it was sent for the last time.</param>
    protected readonly record struct SentMessage(SyncMessage Message, long FirstSent, long LastSent);
}
