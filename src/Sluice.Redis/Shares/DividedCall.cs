namespace Sluice.Redis;

/// <summary>One call on divided buckets: what this process's shares say to it, what it reserves in them, and what it asks.</summary>
/// <remarks>
/// <para>
/// All shares of the call are locked while they are looked at and charged, so the call is decided at one instant, for all or for none.
/// While Redis is asked for the rest of the call, the tokens of the shares are reserved.
/// </para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class DividedCall
{
    private readonly ShareClient _client;
    private readonly RedisLimits _limits;
    private readonly DividedBuckets _buckets;
    private readonly ulong _cost;
    private readonly bool _charges;
    private readonly long _now;
    private readonly Seen[] _seen;

    private DividedCall(ShareClient client, RedisLimits limits, DividedBuckets buckets, ulong cost, bool charges, long now)
    {
        _client = client;
        _limits = limits;
        _buckets = buckets;
        _cost = cost;
        _charges = charges;
        _now = now;
        _seen = new Seen[limits.Limits.Length];
    }

    /// <summary>The limits whose shares have the tokens, and hold them for this call, as bits.</summary>
    internal uint Reserved { get; private set; }

    /// <summary>The limits that Redis has to be asked about, as bits.</summary>
    internal uint Asked { get; private set; }

    /// <summary>The enforced limits that reject the call, as bits.</summary>
    internal uint Rejected { get; private set; }

    /// <summary>The reading of the lane's clock that decides it.</summary>
    internal long Micros => _now;

    /// <summary>Whether the remainders alone have charged the call: no share has.</summary>
    internal bool HoldsNothing => !Array.Exists(_seen, static seen => seen.IsReserved);

    /// <summary>
    /// Admits a call if all of its limits are divided and all shares have the tokens: what nearly every call meets. It allocates nothing.
    /// </summary>
    /// <param name="client">The lane.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="buckets">The divided buckets.</param>
    /// <param name="cost">The tokens of the call.</param>
    /// <param name="micros">The reading of the clock that decided it.</param>
    /// <param name="decision">The decision; of no meaning if the call was not admitted.</param>
    internal static bool TryAdmit(
        ShareClient client, RedisLimits limits, DividedBuckets buckets, ulong cost, out long micros, out RateLimitDecision decision)
    {
        decision = default;
        micros = client.Now;
        int[] order = buckets.Order;
        Span<long> levels = stackalloc long[order.Length];
        bool isAdmitted = order.Length == limits.Limits.Length;
        int locked = 0;
        try
        {
            for (; isAdmitted && locked < order.Length; locked++)
            {
                buckets.Of[order[locked]]!.Share.Enter();
            }

            for (int i = 0; isAdmitted && i < order.Length; i++)
            {
                isAdmitted = buckets.Of[order[i]]!.Share.Look(
                    cost, limits.Limits[order[i]].Share!.Value, micros, out levels[i]) == ShareAnswer.Enough;
            }

            for (int i = 0; isAdmitted && i < order.Length; i++)
            {
                long units = limits.Limits[order[i]].Share!.Value.Cost(cost);
                buckets.Of[order[i]]!.Share.Take(units);
                levels[i] -= units;
            }
        }
        finally
        {
            while (locked > 0)
            {
                buckets.Of[order[--locked]]!.Share.Exit();
            }
        }

        if (!isAdmitted)
        {
            return false;
        }

        int fewest = int.MaxValue;
        for (int i = 0; i < order.Length; i++)
        {
            ShareBucket bucket = buckets.Of[order[i]]!;
            RateLimit limit = limits.Limits[order[i]].Limit;
            bucket.Demand.Add(cost, isRejected: false);
            fewest = limit.Mode == LimitMode.Enforce ? Math.Min(fewest, RemainingOf(limit, limits.Limits[order[i]].Share!.Value, levels[i] + Math.Max(0, bucket.RemainderAt(micros)))) : fewest;
        }

        decision = new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = fewest, IsEstimate = true };
        return true;
    }

    /// <summary>Looks at the shares of a call. If they decide it, they are charged; else what they have is reserved.</summary>
    /// <param name="client">The lane.</param>
    /// <param name="limits">The limits; some are divided.</param>
    /// <param name="buckets">The divided buckets.</param>
    /// <param name="cost">The tokens of the call.</param>
    /// <param name="charges">Whether it is charged; a look is not.</param>
    internal static DividedCall Begin(ShareClient client, RedisLimits limits, DividedBuckets buckets, ulong cost, bool charges)
    {
        DividedCall call = new(client, limits, buckets, cost, charges, client.Now);
        foreach (int index in buckets.Order)
        {
            buckets.Of[index]!.Share.Enter();
        }

        try
        {
            call.Look();
            call.Take();
        }
        finally
        {
            foreach (int index in buckets.Order)
            {
                buckets.Of[index]!.Share.Exit();
            }
        }

        call.NoteDemand();
        return call;
    }

    /// <summary>Whether the shares alone have decided the call.</summary>
    internal bool IsDecided => Rejected != 0 || (Asked == 0 && _limits.Divided == _limits.All);

    /// <summary>What is to be asked of the remainders.</summary>
    internal ShareAsk[] Asks()
    {
        List<ShareAsk> asks = [];
        foreach (int index in _buckets.Order)
        {
            if ((Asked & (1U << index)) != 0)
            {
                ShareNumbers numbers = _limits.Limits[index].Share!.Value;
                long units = numbers.Cost(_cost) - (_charges ? _seen[index].Held : Math.Max(0, _seen[index].Level));
                _seen[index].Ask = new ShareAsk(
                    _buckets.Of[index]!, numbers, units, _limits.Limits[index].Limit.Mode == LimitMode.Permissive);
                asks.Add(_seen[index].Ask!);
            }
        }

        return [.. asks];
    }

    /// <summary>Takes over what the remainders answered.</summary>
    internal void NoteAnswers()
    {
        foreach (int index in _buckets.Order)
        {
            if (_seen[index].Ask is ShareAsk answered)
            {
                answered.Bucket.NoteRemainder(answered.Parts, answered.Level, _client.Now);
            }

            if (_seen[index].Ask is ShareAsk { HasUnits: false } ask)
            {
                Rejected |= ask.IsPermissive ? 0 : 1U << index;
                if (_charges)
                {
                    ask.Bucket.Reject(_client.Now + Math.Min(WaitOf(index), _client.Settings.GrowMicros));
                }
            }
        }
    }

    /// <summary>Ends the reservations: charges the shares, or gives them their tokens back.</summary>
    /// <returns>Whether all tokens are charged. Shares may have ended since they were reserved; then the call must not be
    /// admitted.</returns>
    internal bool End(bool isAdmitted)
    {
        bool isKept = true;
        foreach (int index in _buckets.Order)
        {
            ref Seen seen = ref _seen[index];
            if (seen.IsReserved)
            {
                bool isUsed = isAdmitted && seen.Ask is not { HasUnits: false };
                seen.IsReserved = false;
                isKept &= _buckets.Of[index]!.Share.EndReservation(seen.Held, seen.Generation, isUsed, _client.Now) || !isUsed;
                seen.Level -= isUsed ? seen.Held : 0;
            }
        }

        return isKept;
    }

    /// <summary>What a divided limit says to the call.</summary>
    internal LimitState StateOf(int index)
    {
        RateLimit limit = _limits.Limits[index].Limit;
        ShareNumbers numbers = _limits.Limits[index].Share!.Value;
        long level = Math.Clamp(_seen[index].Level + RemainderOf(index), 0, numbers.Whole);
        int remaining = RemainingOf(limit, numbers, level);
        bool isUnsatisfiable = IsUnsatisfiable(numbers);
        bool lacks = isUnsatisfiable || _seen[index].Lacks || _seen[index].Ask is { HasUnits: false };
        return new LimitState
        {
            Outcome = isUnsatisfiable ? RateLimitOutcome.Unsatisfiable : lacks ? RateLimitOutcome.Denied : RateLimitOutcome.Allowed,
            Remaining = remaining,
            RetryAfter = isUnsatisfiable ? Timeout.InfiniteTimeSpan : lacks ? Verdict.Span((ulong)WaitOf(index)) : TimeSpan.Zero,
            ResetAfter = Verdict.Span((ulong)((numbers.Whole - level + ShareNumbers.Parts - 1) / ShareNumbers.Parts)),
        };
    }

    private static int RemainingOf(RateLimit limit, ShareNumbers numbers, long level) =>
        (int)Math.Clamp(level / numbers.TokenUnits, 0, limit.Capacity);

    // What a full bucket does not hold. A token is rounded up, so its last token may be missing.
    private bool IsUnsatisfiable(ShareNumbers numbers) => numbers.Cost(_cost) > numbers.Whole;

    private void Look()
    {
        foreach (int index in _buckets.Order)
        {
            ShareBucket bucket = _buckets.Of[index]!;
            RateLimit limit = _limits.Limits[index].Limit;
            ref Seen seen = ref _seen[index];
            uint bit = 1U << index;
            ShareAnswer answer = IsUnsatisfiable(_limits.Limits[index].Share!.Value) ? ShareAnswer.TooFew
                : bucket.Share.Look(_cost, _limits.Limits[index].Share!.Value, _now, out seen.Level);
            if (answer == ShareAnswer.Ask && bucket.IsRejecting(_now))
            {
                answer = ShareAnswer.TooFew;
            }

            seen.Lacks = answer == ShareAnswer.TooFew;
            Asked |= answer == ShareAnswer.Ask ? bit : 0;
            Rejected |= seen.Lacks && limit.Mode == LimitMode.Enforce ? bit : 0;
        }
    }

    // Charges what decides the call, or reserves it for a call that asks Redis.
    private void Take()
    {
        if (Rejected != 0 || !_charges)
        {
            return;
        }

        bool reserves = !IsDecided;
        foreach (int index in _buckets.Order)
        {
            ref Seen seen = ref _seen[index];
            if (seen.Lacks)
            {
                continue; // A permissive limit without the tokens.
            }

            long units = Math.Min(seen.Level, _limits.Limits[index].Share!.Value.Cost(_cost));
            if (!reserves)
            {
                _buckets.Of[index]!.Share.Take(units);
                seen.Level -= units;
            }
            else if (units > 0)
            {
                (seen.Held, seen.Generation) = _buckets.Of[index]!.Share.Reserve(units, _now);
                seen.IsReserved = true;
                Reserved |= (Asked & (1U << index)) == 0 ? 1U << index : 0;
            }
        }
    }

    private void NoteDemand()
    {
        if (!_charges)
        {
            return;
        }

        foreach (int index in _buckets.Order)
        {
            ShareBucket bucket = _buckets.Of[index]!;
            uint bit = 1U << index;
            bool lacks = _seen[index].Lacks && bucket.Share.Parts > 0;
            bucket.Demand.Add(_cost, isRejected: lacks);
            if (bucket.Share.Parts == 0)
            {
                _client.NoteAsk(bucket, _now);
            }
            else if (lacks && (Rejected & bit) != 0)
            {
                _client.Grow(bucket, _limits.Limits[index].Share!.Value.Cost(_cost), _now);
            }
        }
    }

    private long RemainderOf(int index) => Math.Max(0, _seen[index].Ask?.Level ?? _buckets.Of[index]!.RemainderAt(_now));

    // Until this process can admit the call, as far as it knows: from its share, or from the remainder.
    private long WaitOf(int index)
    {
        ShareNumbers numbers = _limits.Limits[index].Share!.Value;
        long units = numbers.Cost(_cost);
        int parts = _buckets.Of[index]!.Share.Parts;
        (long missing, int refilling) = _seen[index].Ask is ShareAsk ask
            ? (ask.Units - ask.Level, ask.Parts + parts)
            : (units - _seen[index].Level, parts);
        return refilling > 0
            ? Math.Max(1, (missing + refilling - 1) / refilling)
            : Math.Max(_client.Settings.CheckMicros, units / ShareNumbers.Parts); // All of it is in use by others, which return some.
    }

    private struct Seen
    {
        internal long Level;
        internal long Held;
        internal int Generation;
        internal bool Lacks;
        internal bool IsReserved;
        internal ShareAsk? Ask;
    }
}
