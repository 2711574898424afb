namespace Sluice.Redis;

/// <content>Asking Redis, and what happens when it does not answer.</content>
public sealed partial class RedisStore
{
    private ValueTask<RateLimitDecision> DecideAsync(
        RedisLimits limits, in RateLimitRequest request, Memory<LimitState> states, bool charges)
    {
        if (_isSpread && limits.Rows.Count + (limits.NamesCaller ? 1 : 0) > 1)
        {
            return DecideSpreadAsync(limits, request, states, charges);
        }

        Lane lane = _lanes.Of(limits.Server);
        if (lane.Breaker.IsOpen)
        {
            return new ValueTask<RateLimitDecision>(DecideWithout(lane, limits, request, states.Span, charges));
        }

        ScriptVerb verb = charges ? ScriptVerb.Acquire : ScriptVerb.Peek;
        PendingCall call = new(verb, limits, Of(request.Caller), (ulong)request.Cost);
        return AnswerAsync(lane, call, request, states, charges, _refusals.Mark);
    }

    private async ValueTask<RateLimitDecision> AnswerAsync(
        Lane lane, PendingCall call, RateLimitRequest request, Memory<LimitState> states, bool charges, long mark)
    {
        return await lane.SendAsync(call).ConfigureAwait(false) || !call.TryCount()
            ? Conclude(lane, call, request, states.Span, charges, mark)
            : DecideWithout(lane, call.Limits, request, states.Span, charges);
    }

    /// <summary>Turns what the script found into the decision, and remembers it.</summary>
    private RateLimitDecision Conclude(
        Lane lane, PendingCall call, in RateLimitRequest request, Span<LimitState> states, bool charges, long mark)
    {
        RateLimitDecision decision = Verdict.Of(call.Limits, call.Seen, laterMicros: 0, call.Cost, charges, states);
        if (decision.IsAllowed != call.IsAllowed)
        {
            lane.Breaker.NoteFaultOfACall(new RedisFaultException(
                RedisFaultKind.Script, "The script's verdict is not what its states say: they are not this version's."));
            return DecideWithout(lane, call.Limits, request, states, charges);
        }

        if (charges && !decision.IsAllowed)
        {
            _refusals.Remember(call, request.Caller, mark);
        }

        return decision;
    }

    private RateLimitDecision DecideWithout(
        Lane lane, RedisLimits limits, in RateLimitRequest request, Span<LimitState> states, bool charges)
    {
        lane.Breaker.NoteDecidedWithout();
        return _local.Decide(limits, request, states, charges);
    }

    private ValueTask ChangeAsync(ScriptVerb verb, in RateLimitRequest request)
    {
        if (request.Limits.Count == 0)
        {
            return ValueTask.CompletedTask;
        }

        RedisLimits limits = Of(request.Limits);
        _local.Change(limits, request, isRefund: verb == ScriptVerb.Refund);
        return ChangeAsync(verb, limits, request.Caller, request.Cost);
    }

    private async ValueTask ChangeAsync(ScriptVerb verb, RedisLimits limits, CallerIdentity caller, int cost)
    {
        CallerKeys keys = Of(caller);
        foreach ((Lane lane, int[]? part) in PartsOf(limits, keys))
        {
            PendingCall call = new(verb, limits, keys, (ulong)cost) { Part = part, IsSpread = _isSpread };
            if (lane.Breaker.IsOpen || !await lane.SendAsync(call).ConfigureAwait(false))
            {
                lane.Breaker.NoteDecidedWithout();
            }
        }

        _refusals.Forget();
    }
}
