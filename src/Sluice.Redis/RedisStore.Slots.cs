using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <content>Limits on concurrency: slots that count in all processes.</content>
/// <remarks>
/// A slot is marked with the heartbeat id of its process. So the slots of a process that has ended can be told and released, and a
/// process that was frozen finds by its own heartbeat that its slots may be gone.
/// </remarks>
public sealed partial class RedisStore
{
    private const int MostChecked = 10_000;
    private static readonly TimeSpan PauseBetweenChecks = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, long> _checkedSlots = new(StringComparer.Ordinal);
    private SlotHolder _holder = new(1); // Of a store without heartbeats, as tests make it.
    private long _slotNumber;

    private async ValueTask<RateLimitDecision> AcquireSlotsAsync(RateLimitRequest request, Memory<LimitState> states) =>
        (await AcquireSlotsAsync(request, maxWait: null, states).ConfigureAwait(false)).Decision;

    /// <summary>Decides a call that needs slots.</summary>
    /// <param name="request">The call.</param>
    /// <param name="maxWait">How long it may wait for its tokens; null for a call that takes no reservation.</param>
    /// <param name="states">Filled with the state of each limit; or empty.</param>
    private async ValueTask<RateLimitReservation> AcquireSlotsAsync(
        RateLimitRequest request, TimeSpan? maxWait, Memory<LimitState> states)
    {
        HeldSlots slots = request.FreeSlots();
        RedisLimits limits = Of(request.Limits);
        bool hasChecked = false;
        while (true)
        {
            if (await HolderAsync().ConfigureAwait(false) is not SlotHolder holder)
            {
                return Unheld(DecideWithout(_lanes.Of(limits.Server), limits, request, states.Span, charges: true, call: null));
            }

            long number = Interlocked.Increment(ref _slotNumber);
            SlotClaim claim = new(holder, number, slots.WaitsInTurn, slots.KeepsTurn);
            RateLimitReservation reservation = maxWait is TimeSpan wait
                ? await ReserveAsync(limits, request, wait, states, claim).ConfigureAwait(false)
                : Unheld(await DecideAsync(limits, request, states, charges: true, claim).ConfigureAwait(false));
            RateLimitDecision decision = reservation.Decision;
            if (decision.Source != DecisionSource.Store)
            {
                _ = _releases.ReleaseAsync(SlotKeys(limits, request.Caller), holder, number, mayArriveLate: true);
                return reservation;
            }

            if (!decision.IsAllowed)
            {
                if (hasChecked || decision.Limit?.Concurrency is null || !await ReleaseEndedAsync(limits, request.Caller).ConfigureAwait(false))
                {
                    return reservation;
                }

                hasChecked = true;
            }
            else if (IsAlive(holder))
            {
                slots.Acquired(holder, number);
                return reservation;
            }
            else
            {
                // This process was frozen for so long that others may have released its slots already.
                _ = _releases.ReleaseAsync(SlotKeys(limits, request.Caller), holder, number, mayArriveLate: false);
                await CancelAsync(request, reservation, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        if (request.Slots is not HeldSlots slots)
        {
            return ValueTask.CompletedTask;
        }

        if (slots.Holder is InProcessStore)
        {
            _localSlots.Release(request);
            _slotWaiters.Released(request.Limits, request.Caller);
            return ValueTask.CompletedTask;
        }

        return slots.TryEnd(out object? holder, out long number)
            ? new ValueTask(ReleaseAsync(request, (SlotHolder)holder, number).WaitAsync(cancellationToken))
            : ValueTask.CompletedTask;
    }

    private async Task ReleaseAsync(RateLimitRequest request, SlotHolder holder, long number)
    {
        await _releases.ReleaseAsync(SlotKeys(Of(request.Limits), request.Caller), holder, number, mayArriveLate: false).ConfigureAwait(false);
        _slotWaiters.Released(request.Limits, request.Caller);
    }

    /// <summary>
    /// Who acquires now; null when the heartbeat of this process is not in Redis, so that its slots would not be its own.
    /// </summary>
    private async ValueTask<SlotHolder?> HolderAsync()
    {
        if (Heartbeat is null)
        {
            return _holder;
        }

        if (!Heartbeat.IsAlive
            && (!_connection.IsReady || !await Heartbeat.BeatAsync().ConfigureAwait(false) || !Heartbeat.IsAlive))
        {
            return null;
        }

        ulong id = Heartbeat.Id;
        SlotHolder holder = Volatile.Read(ref _holder);
        if (holder.Process != id)
        {
            holder = new SlotHolder(id);
            Volatile.Write(ref _holder, holder);
        }

        return holder;
    }

    private bool IsAlive(SlotHolder holder) => Heartbeat is null || (Heartbeat.IsAlive && Heartbeat.Id == holder.Process);

    /// <summary>Releases slots of processes that have ended, of the buckets of a call; at most once a second for a caller.</summary>
    /// <returns>Whether there were any.</returns>
    private async ValueTask<bool> ReleaseEndedAsync(RedisLimits limits, CallerIdentity caller)
    {
        string[][] keys = SlotKeys(limits, caller);
        if (Heartbeat is null || !MayCheck(keys[0][0]))
        {
            return false;
        }

        bool any = false;
        try
        {
            foreach (string[] some in keys)
            {
                ulong[] holders = await SlotScript.Standard.ReleaseAsync(_connection, some, []).ConfigureAwait(false);
                ulong[] ended = [.. holders.Where(Heartbeat.HasEnded)];
                if (ended.Length > 0)
                {
                    await SlotScript.Standard.ReleaseAsync(_connection, some, ended).ConfigureAwait(false);
                    any = true;
                }
            }
        }
        catch (RedisFaultException)
        {
            return false; // The call stays rejected; the next one looks again.
        }

        return any;
    }

    private bool MayCheck(string key)
    {
        if (_checkedSlots.Count > MostChecked)
        {
            _checkedSlots.Clear();
        }

        long now = _time.GetTimestamp();
        return !_checkedSlots.TryGetValue(key, out long last)
            ? _checkedSlots.TryAdd(key, now)
            : _time.GetElapsedTime(last, now) >= PauseBetweenChecks && _checkedSlots.TryUpdate(key, now, last);
    }

    private string[][] SlotKeys(RedisLimits limits, CallerIdentity caller, int[]? part = null)
    {
        CallerKeys keys = Of(caller);
        IEnumerable<RedisLimit> asked = part is null ? limits.Limits : part.Select(index => limits.Limits[index]);
        IEnumerable<(string Row, string Key)> all = asked.Where(limit => limit.IsSlots)
            .Select(limit => (Row: limits.Server.Row(limit.Limit.Key, keys, _isSpread), limit.LogSuffix))
            .Select(slot => (slot.Row, slot.Row + slot.LogSuffix));
        return _isSpread
            ? [.. all.GroupBy(slot => slot.Row).Select(row => row.Select(slot => slot.Key).ToArray())]
            : [[.. all.Select(slot => slot.Key)]];
    }

    /// <summary>What a call marks its slots and its reservations with.</summary>
    private readonly record struct SlotClaim(SlotHolder? Holder, long Number, bool WaitsInTurn = false, bool KeepsTurn = false);
}
