using System.Runtime.InteropServices;

namespace Sluice.Redis;

/// <summary>The tokens that this process took from its parts of buckets, and that Redis does not know of yet.</summary>
/// <remarks>
/// <para>
/// A bucket has at most as many drawn tokens as are used in its part: what has refilled since is forgotten here, when it is asked for.
/// </para>
/// <para>
/// Memory: at most a fixed number of buckets. When there are more, those whose part is full again are evicted; if there are none, the
/// tokens of the next bucket are not kept. Thread safety: one thread at a time.
/// </para>
/// </remarks>
/// <param name="most">The most buckets.</param>
/// <param name="time">The clock of this process.</param>
internal sealed class DrawnTokens(int most, TimeProvider time)
{
    private readonly Dictionary<Key, Tokens> _buckets = [];
    private long _sweptTimestamp;

    /// <summary>The current timestamp, for <see cref="Add"/>.</summary>
    internal long Timestamp => time.GetTimestamp();

    /// <summary>How many buckets there are.</summary>
    internal int Count => _buckets.Count;

    /// <summary>Adds the tokens of a call.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="cost">The tokens.</param>
    /// <param name="used">The tokens that were used in the part before.</param>
    /// <param name="isUncertain">Whether the call was sent to Redis and may have been charged there.</param>
    /// <param name="fullAfter">The time after which the part is full again.</param>
    /// <param name="timestamp">The current timestamp.</param>
    internal void Add(Key bucket, ulong cost, ulong used, bool isUncertain, TimeSpan fullAfter, long timestamp)
    {
        if (_buckets.Count >= most && !_buckets.ContainsKey(bucket) && !Sweep())
        {
            return;
        }

        ref Tokens tokens = ref CollectionsMarshal.GetValueRefOrAddDefault(_buckets, bucket, out _);
        tokens = tokens.AtMost(used).Plus(cost, isUncertain) with { FullAt = InstantAfter(fullAfter, timestamp) };
    }

    /// <summary>Settles uncertain tokens, once it is known whether Redis charged them.</summary>
    /// <returns>Whether there were such tokens.</returns>
    internal bool Resolve(Key bucket, ulong cost, bool isCharged)
    {
        if (!_buckets.TryGetValue(bucket, out Tokens tokens))
        {
            return false;
        }

        ulong resolved = Math.Min(cost, tokens.Uncertain);
        tokens = tokens with { Uncertain = tokens.Uncertain - resolved, Certain = tokens.Certain + (isCharged ? 0 : resolved) };
        Set(bucket, tokens);
        return resolved > 0;
    }

    /// <summary>
    /// Takes the tokens that Redis certainly does not know of, to charge them there. They are uncertain until that has ended.
    /// </summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="used">The tokens that are used in the part.</param>
    internal ulong Take(Key bucket, ulong used)
    {
        if (!_buckets.TryGetValue(bucket, out Tokens tokens))
        {
            return 0;
        }

        tokens = tokens.AtMost(used);
        Set(bucket, tokens with { Certain = 0, Uncertain = tokens.Sum });
        return tokens.Certain;
    }

    /// <summary>All drawn tokens of a bucket.</summary>
    internal ulong Of(Key bucket) => _buckets.TryGetValue(bucket, out Tokens tokens) ? tokens.Sum : 0;

    /// <summary>Whether a bucket has drawn tokens.</summary>
    internal bool Has(Key bucket) => _buckets.ContainsKey(bucket);

    /// <summary>Removes drawn tokens of a bucket, at most as many as it has.</summary>
    internal void Remove(Key bucket, ulong cost)
    {
        if (_buckets.TryGetValue(bucket, out Tokens tokens))
        {
            Set(bucket, tokens.AtMost(tokens.Sum - Math.Min(cost, tokens.Sum)));
        }
    }

    private void Set(Key bucket, Tokens tokens)
    {
        if (tokens.Sum == 0)
        {
            _buckets.Remove(bucket);
        }
        else
        {
            _buckets[bucket] = tokens;
        }
    }

    private bool Sweep()
    {
        long now = time.GetTimestamp();
        if (_sweptTimestamp == 0 || time.GetElapsedTime(_sweptTimestamp, now) > TimeSpan.FromSeconds(1))
        {
            _sweptTimestamp = now;
            foreach (Key full in _buckets.Where(bucket => bucket.Value.FullAt <= now).Select(bucket => bucket.Key).ToArray())
            {
                _buckets.Remove(full);
            }
        }

        return _buckets.Count < most;
    }

    private long InstantAfter(TimeSpan span, long timestamp)
    {
        double timestamps = span.TotalSeconds * time.TimestampFrequency;
        return timestamps > long.MaxValue / 2 ? long.MaxValue : timestamp + (long)timestamps;
    }

    /// <summary>A bucket.</summary>
    /// <param name="Server">The MCP server: one object for all calls on it.</param>
    /// <param name="By">What the limit counts by.</param>
    /// <param name="Caller">The caller by that; the default for a shared bucket.</param>
    /// <param name="Name">Its name in the row.</param>
    internal readonly record struct Key(ServerKeys Server, LimitKey By, Fingerprint Caller, UInt128 Name)
    {
        /// <inheritdoc/>
        public bool Equals(Key other) =>
            Name == other.Name && Caller == other.Caller && ReferenceEquals(Server, other.Server) && By.Equals(other.By);

        /// <inheritdoc/>
        // Both are hashes already.
        public override int GetHashCode() => unchecked((int)(Caller.Low ^ (ulong)Name));
    }

    private readonly record struct Tokens(ulong Certain, ulong Uncertain, long FullAt)
    {
        internal ulong Sum => Certain + Uncertain;

        internal Tokens AtMost(ulong most)
        {
            ulong uncertain = Math.Min(Uncertain, most);
            return this with { Uncertain = uncertain, Certain = Math.Min(Certain, most - uncertain) };
        }

        internal Tokens Plus(ulong cost, bool isUncertain) =>
            isUncertain ? this with { Uncertain = Uncertain + cost } : this with { Certain = Certain + cost };
    }
}
