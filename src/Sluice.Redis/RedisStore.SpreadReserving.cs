namespace Sluice.Redis;

/// <content>Calls that are admitted now for a later instant, where callers' rows lie in slots of their own.</content>
/// <remarks>
/// The rows lie on servers with different clocks, so they agree on how long the call waits. Each row reserves from the longest
/// wait on that another row has asked for, until all rows have the same. A row that is asked first has its instant earlier than the
/// others by the network delays to them.
/// </remarks>
public sealed partial class RedisStore
{
    private async ValueTask<RateLimitReservation> ReserveSpreadAsync(
        RedisLimits limits, RateLimitRequest request, TimeSpan maxWait, Memory<LimitState> states, SlotClaim claim)
    {
        CallerKeys keys = Of(request.Caller);
        ChargeDrawn(limits, keys);
        HeldRow[] rows = [.. PartsOf(limits, keys).Select(row => new HeldRow(row.Lane, row.Part!))];
        long most = Micros(maxWait);
        ulong delay = 0;
        int decider = -1;
        while (Array.Find(rows, row => row.Call is null || (row.Call.DelayMicros < delay && !row.IsNever)) is HeldRow row)
        {
            await UndoAsync(row, request, claim).ConfigureAwait(false);
            PendingCall call = new(ScriptVerb.Reserve, limits, keys, (ulong)request.Cost)
            {
                Part = row.Part,
                IsSpread = true,
                Holder = claim.Holder,
                SlotNumber = claim.Number,
                Reservation = new ReservationTerms(most, delay, _reserver, claim.WaitsInTurn ? keys.Turn : null, claim.KeepsTurn),
            };
            if (row.Lane.Breaker.IsOpen || !await row.Lane.SendAsync(call).ConfigureAwait(false))
            {
                await UndoAllAsync(rows, request, claim).ConfigureAwait(false);
                return Unheld(DecideWithout(row.Lane, limits, request, states.Span, charges: true, call: null));
            }

            row.Call = call;
            row.IsNever = call.DelayMicros < call.Reservation.FromMicros;
            if (!call.IsAllowed && most >= 0)
            {
                // The others are only looked at from now on, for the wait that the call would have had.
                await UndoAllAsync(rows, request, claim).ConfigureAwait(false);
                most = -1;
                row.Call = call;
            }

            if (call.DelayMicros > delay)
            {
                (delay, decider) = (call.DelayMicros, call.Held!.Decider);
            }
        }

        return ConcludeSpread(limits, request, states, rows, new HeldAnswer(delay, decider, new HeldBucket[limits.Limits.Length]), claim);
    }

    private RateLimitReservation ConcludeSpread(
        RedisLimits limits, RateLimitRequest request, Memory<LimitState> states, HeldRow[] rows, HeldAnswer held, SlotClaim claim)
    {
        PendingCall whole = new(ScriptVerb.Reserve, limits, Of(request.Caller), (ulong)request.Cost) { IsAllowed = true, Held = held };
        foreach (HeldRow row in rows.Where(row => row.Call is not null))
        {
            Gather(whole, row.Call!);
        }

        _local.Observe(whole);
        RateLimitDecision decision = HeldVerdict.Of(whole, charges: true, states.Span);
        HeldRow last = rows.Where(row => row.Call is not null).MaxBy(row => row.Call!.AnsweredTimestamp)!;
        return decision.IsAllowed && held.DelayMicros > 0 ? HeldBy(decision, last.Call!, last.Lane, claim.Number) : Unheld(decision);
    }

    private async Task UndoAllAsync(HeldRow[] rows, RateLimitRequest request, SlotClaim claim)
    {
        foreach (HeldRow row in rows)
        {
            await UndoAsync(row, request, claim).ConfigureAwait(false);
        }
    }

    /// <summary>Refunds what a row has reserved or charged, and releases the slots that it gave.</summary>
    private async Task UndoAsync(HeldRow row, RateLimitRequest request, SlotClaim claim)
    {
        if (row.Call is not PendingCall call)
        {
            return;
        }

        row.Call = null;
        if (!call.IsAllowed)
        {
            return;
        }

        if (call.DelayMicros == 0)
        {
            await SettleAsync([(row.Lane, call)]).ConfigureAwait(false);
        }
        else
        {
            Cancellation cancellation = new(row.Lane, call.Limits, call.Caller, request.Cost, [.. row.Part.Where(call.WasCharged)], isSpread: true, _reserver, claim.Number);
            if (!await cancellation.SendAsync().ConfigureAwait(false))
            {
                _ = cancellation.RepeatAsync(Verdict.Span(call.DelayMicros), _time, _closing.Token);
            }
        }

        string[][] slots = claim.Holder is null ? [] : SlotKeys(call.Limits, request.Caller, row.Part);
        if (claim.Holder is not null && slots.Length > 0)
        {
            await _releases.ReleaseAsync(slots, claim.Holder, claim.Number, mayArriveLate: false).ConfigureAwait(false);
        }
    }

    /// <summary>A row of a call, and what it has answered.</summary>
    private sealed class HeldRow(Lane lane, int[] part)
    {
        internal Lane Lane => lane;

        internal int[] Part => part;

        internal PendingCall? Call { get; set; }

        /// <summary>Whether it never admits the call.</summary>
        internal bool IsNever { get; set; }
    }
}
