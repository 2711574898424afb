namespace Sluice.Redis;

/// <content>Rows in slots of their own: reserve and settle.</content>
public sealed partial class RedisStore
{
    /// <summary>The rows of a call, each with its lane and the limits that lie in it; the shared one is the last.</summary>
    private IEnumerable<(Lane Lane, int[]? Part)> PartsOf(RedisLimits limits, CallerKeys caller)
    {
        if (!_isSpread)
        {
            return [(_lanes.Of(limits.Server), null)];
        }

        return limits.Rows
            .OrderBy(key => key.Count == 0)
            .Select(key => (
                LaneOf(limits, key, caller),
                (int[]?)[.. Enumerable.Range(0, limits.Limits.Length).Where(i => limits.Limits[i].Limit.Key.Equals(key))]));
    }

    private Lane LaneOf(RedisLimits limits, LimitKey key, CallerKeys caller) =>
        key.Count == 0
            ? _lanes.Of(limits.Server)
            : _lanes.OfRow(limits.Server, limits.Server.Row(key, caller, isSpread: true));

    private async ValueTask<RateLimitDecision> DecideSpreadAsync(
        RedisLimits limits, RateLimitRequest request, Memory<LimitState> states, bool charges, SlotClaim claim)
    {
        long mark = _rejections.Mark;
        CallerKeys keys = Of(request.Caller);
        ChargeDrawn(limits, keys);
        PendingCall whole = new(charges ? ScriptVerb.Acquire : ScriptVerb.Peek, limits, keys, (ulong)request.Cost) { IsAllowed = true };
        List<(Lane Lane, PendingCall Call)> reserved = [];
        foreach ((Lane lane, int[]? part) in PartsOf(limits, keys))
        {
            // Once a row has rejected, the others are only read, to report what they would have answered.
            ScriptVerb verb = whole.IsAllowed ? whole.Verb : ScriptVerb.Peek;
            PendingCall call = new(verb, limits, keys, whole.Cost)
            {
                Part = part,
                IsSpread = true,
                Holder = claim.Holder,
                SlotNumber = claim.Number,
            };
            if (lane.Breaker.IsOpen || !await lane.SendAsync(call).ConfigureAwait(false))
            {
                await SettleAsync(reserved).ConfigureAwait(false);
                return DecideWithout(lane, limits, request, states.Span, charges, call: null);
            }

            Gather(whole, call);
            if (verb == ScriptVerb.Acquire && call.IsAllowed)
            {
                reserved.Add((lane, call));
            }
        }

        _local.Observe(whole);
        if (!whole.IsAllowed)
        {
            await SettleAsync(reserved).ConfigureAwait(false);
            if (claim.Holder is not null)
            {
                await _releases.ReleaseAsync(SlotKeys(limits, request.Caller), claim.Holder, claim.Number, mayArriveLate: false)
                    .ConfigureAwait(false);
            }
        }

        return Conclude(_lanes.Of(limits.Server), whole, request, states.Span, charges, mark);
    }

    private static void Gather(PendingCall whole, PendingCall part)
    {
        whole.IsAllowed &= part.IsAllowed;
        whole.SentTimestamp = whole.SentTimestamp == 0 ? part.SentTimestamp : whole.SentTimestamp;
        whole.AnsweredTimestamp = part.AnsweredTimestamp;
        foreach (int index in part.Part!)
        {
            whole.Seen[index] = part.Seen[index];
        }

        if (part.Held is HeldAnswer held)
        {
            whole.Held ??= HeldAnswer.OfNow(whole.Limits);
            foreach (int index in part.Part)
            {
                whole.Held.Buckets[index] = held.Buckets[index];
            }
        }
    }

    /// <summary>
    /// Takes reservations back, as far as they can still be told from what came after. One whose settling fails stays charged,
    /// to its own caller.
    /// </summary>
    private static async Task SettleAsync(List<(Lane Lane, PendingCall Call)> reserved)
    {
        foreach ((Lane lane, PendingCall call) in reserved)
        {
            int[] charged = [.. call.Part!.Where(call.WasCharged)];
            PendingCall settle = new(ScriptVerb.Settle, call.Limits, call.Caller, call.Cost)
            {
                Part = charged,
                IsSpread = true,
                MadeAtMicros = call.Seen[call.Part![0]].NowMicros,
            };
            await lane.SendAsync(settle).ConfigureAwait(false);
        }
    }
}
