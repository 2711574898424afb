namespace Sluice.Redis;

/// <content>Asking Redis, and what happens when it does not answer.</content>
public sealed partial class RedisStore
{
    private ValueTask<RateLimitDecision> DecideAsync(
        RedisLimits limits, in RateLimitRequest request, Memory<LimitState> states, bool charges, SlotClaim claim = default)
    {
        if (HasDivided(limits))
        {
            return DecideDividedAsync(limits, request, states, charges, claim);
        }

        if (Layout.State == LayoutState.Rejected)
        {
            return new ValueTask<RateLimitDecision>(
                DecideWithout(_lanes.Of(limits.Server), limits, request, states.Span, charges, call: null));
        }

        if (_isSpread && limits.Rows.Count + (limits.NamesCaller ? 1 : 0) > 1)
        {
            return DecideSpreadAsync(limits, request, states, charges, claim);
        }

        Lane lane = _lanes.Of(limits.Server);
        if (lane.Breaker.IsOpen)
        {
            return new ValueTask<RateLimitDecision>(DecideWithout(lane, limits, request, states.Span, charges, call: null));
        }

        CallerKeys keys = Of(request.Caller);
        ChargeDrawn(limits, keys);
        ScriptVerb verb = charges ? ScriptVerb.Acquire : ScriptVerb.Peek;
        PendingCall call = new(verb, limits, keys, (ulong)request.Cost)
        {
            Holder = claim.Holder,
            SlotNumber = claim.Number,
            IsSpread = _isSpread,
        };
        return AnswerAsync(lane, call, request, states, charges, _rejections.Mark);
    }

    private async ValueTask<RateLimitDecision> AnswerAsync(
        Lane lane, PendingCall call, RateLimitRequest request, Memory<LimitState> states, bool charges, long mark)
    {
        return await lane.SendAsync(call).ConfigureAwait(false) || !call.TryCount()
            ? Conclude(lane, call, request, states.Span, charges, mark)
            : DecideWithout(lane, call.Limits, request, states.Span, charges, call);
    }

    /// <summary>Turns what the script found into the decision, and remembers it.</summary>
    private RateLimitDecision Conclude(
        Lane lane, PendingCall call, in RateLimitRequest request, Span<LimitState> states, bool charges, long mark)
    {
        if (call.Held is not null)
        {
            return HeldVerdict.Of(call, charges, states); // Not remembered: calls that wait may be cancelled.
        }

        RateLimitDecision decision = Verdict.Of(call.Limits, call.Seen, laterMicros: 0, call.Cost, charges, states);
        if (decision.IsAllowed != call.IsAllowed)
        {
            lane.Breaker.NoteFaultOfACall(new RedisFaultException(
                RedisFaultKind.Script, "The script's verdict is not what its states say: they are not this version's."));
            return DecideWithout(lane, call.Limits, request, states, charges, call: null);
        }

        // When a slot becomes free is not known, so a rejection of a call that needs one says nothing about the next call.
        if (charges && !decision.IsAllowed && call.Limits.Applicable.SlotCount == 0)
        {
            _rejections.Remember(call, request.Caller, mark);
        }

        return decision;
    }

    private RateLimitDecision DecideWithout(
        Lane lane, RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges, PendingCall? call)
    {
        if (charges)
        {
            lane.Breaker.NoteFallbackDecision();
        }

        WarnOfUnknownProcesses(limits);
        if (!charges || request.Limits.SlotCount == 0 || limits.FallbackOf.IsDenied)
        {
            return _local.Decide(limits, request, states, charges, Of(request.Caller), call);
        }

        lock (_localSlots.Gate)
        {
            if (!_localSlots.TryAcquire(request, out RateLimitDecision rejection))
            {
                states.Clear();
                return rejection;
            }

            RateLimitDecision decision = _local.Decide(limits, request, states, charges, Of(request.Caller), call);
            if (!decision.IsAllowed)
            {
                _localSlots.Release(request);
            }

            return decision;
        }
    }

    private void WarnOfUnknownProcesses(RedisLimits limits)
    {
        if (limits.FallbackOf.HasShares
            && _announces
            && Members is { IsKnown: false, Count: 1 }
            && !Interlocked.Exchange(ref _hasWarnedOfUnknownProcesses, true))
        {
            StoreLog.ProcessesUnknown(_logger);
        }
    }

    /// <summary>Sends the tokens that this process took from its parts while Redis was away, before a call on the same buckets.</summary>
    private void ChargeDrawn(RedisLimits limits, CallerKeys caller)
    {
        if (!_local.HasDrawn || !limits.FallbackOf.HasShares)
        {
            return;
        }

        foreach ((Lane lane, int[]? part) in PartsOf(limits, caller))
        {
            if (lane.Breaker.HasFailures)
            {
                continue; // The next answer ends the doubt.
            }

            foreach (int index in part ?? Enumerable.Range(0, limits.Limits.Length))
            {
                if (_local.TakeDrawn(limits, index, caller, _isSpread) is PendingCall charge)
                {
                    _ = ChargeDrawnAsync(lane, charge);
                }
            }
        }
    }

    private async Task ChargeDrawnAsync(Lane lane, PendingCall charge)
    {
        if (!await lane.SendAsync(charge).ConfigureAwait(false) && charge.Fate == CallFate.Unsent)
        {
            _local.NoteEnd(charge); // Else its run tells.
        }
    }

    private ValueTask ChangeAsync(ScriptVerb verb, in RateLimitRequest request)
    {
        if (request.Limits.Count == 0)
        {
            return ValueTask.CompletedTask;
        }

        RedisLimits limits = Of(request.Limits);
        bool isAlone = _lanes.Of(limits.Server).Breaker.IsOpen;
        RedisLimits undivided = HasDivided(limits) ? limits.Without(limits.Divided) : limits;
        _local.Change(undivided, PartOf(request, undivided), isRefund: verb == ScriptVerb.Refund, Of(request.Caller), isAlone);
        return new ValueTask(ChangeAsync(verb, limits, request.Caller, request.Cost).AsTask());
    }

    /// <summary>Sends a change. Says whether Redis confirmed all of it.</summary>
    private async ValueTask<bool> ChangeAsync(ScriptVerb verb, RedisLimits limits, CallerIdentity caller, int cost)
    {
        CallerKeys keys = Of(caller);
        bool isDone = true;
        if (HasDivided(limits))
        {
            isDone = await ChangeDividedAsync(verb, limits, caller, cost).ConfigureAwait(false);
            limits = limits.Without(limits.Divided);
            if (limits.Limits.Length == 0)
            {
                return isDone;
            }
        }

        foreach ((Lane lane, int[]? part) in PartsOf(limits, keys))
        {
            PendingCall call = new(verb, limits, keys, (ulong)cost) { Part = part, IsSpread = _isSpread };
            if (lane.Breaker.IsOpen || !await lane.SendAsync(call).ConfigureAwait(false))
            {
                isDone = false;
            }
        }

        _rejections.Forget();
        return isDone;
    }
}
