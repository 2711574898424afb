namespace Sluice.Gateway.Tests.Journals;

/// <summary>Plays the lines of one run on a store of its own, and compares each answer with the recorded one.</summary>
internal sealed class RecordPlayer(RateLimitPolicy policy, DateTimeOffset run, int maxKeys)
{
    private readonly Dictionary<long, (RateLimitRequest Request, RateLimitReservation Reservation)> _calls = [];
    private readonly SteppedClock _clock = new(run);
    private InProcessStore? _store;

    private InProcessStore Store => _store ??= new(new InProcessStoreOptions { MaxKeys = maxKeys }, _clock);

    internal void Play(RecordedEvent recorded)
    {
        _ = Store;
        switch (recorded)
        {
            case RecordedCall { LacksIdentity: true } call:
                CallerIdentity unknown = call.Caller.ToIdentity();
                policy.Select(call.Method, call.Name, unknown).IdentityRequiredBy.ShouldNotBeNull().Name.ShouldBe(call.Limit);
                break;
            case RecordedCall { Run: null }:
                break; // It waited for a slot, and got none.
            case RecordedCall call:
                _clock.Now = call.Time;
                PlayCall(call);
                break;
            case RecordedChange change:
                _clock.Now = change.Time;
                PlayChange(change);
                break;
            case RecordedReset reset:
                _clock.Now = reset.Time;
                Store.Reset(
                    [.. policy.Limits.DistinctBy(limit => limit.Name).Where(limit => reset.Limits.Contains(limit.Name))],
                    reset.Caller.ToIdentity());
                break;
        }
    }

    private void PlayCall(RecordedCall call)
    {
        CallerIdentity caller = call.Caller.ToIdentity();
        ApplicableLimits limits = policy.Select(call.Method, call.Name, caller);
        LimitState[] states = new LimitState[limits.Count];
        RateLimitRequest request = new(limits, caller, call.Cost) { Slots = limits.SlotCount == 0 ? null : new HeldSlots() };
        RateLimitReservation answer = limits.Wait > TimeSpan.Zero
            ? Store.Reserve(request, call.MaxWait, states)
            : new RateLimitReservation { Decision = Store.Acquire(request, states) };

        (call.Number, answer.Decision.Outcome, answer.Decision.Limit?.Name, answer.Decision.Remaining, answer.Decision.Running,
            answer.Decision.RetryAfter, answer.Delay)
            .ShouldBe((call.Number, call.Outcome, call.Limit, call.Remaining, call.Running, call.RetryAfter, call.Delay));
        _calls.Add(call.Number, (request, answer));
    }

    private void PlayChange(RecordedChange change)
    {
        (RateLimitRequest request, RateLimitReservation reservation) = _calls[change.Call];
        ApplicableLimits limits = request.Limits;
        RateLimitRequest charged = change.Limits.IsEmpty ? request : new RateLimitRequest(
            new ApplicableLimits([.. limits.Limits.ToArray().Where(limit => change.Limits.Contains(limit.Name))], limits.Cost),
            request.Caller,
            request.Cost);
        switch (change.Change)
        {
            case StoreChange.Refund:
                Store.Refund(charged);
                break;
            case StoreChange.Cancel:
                Store.Cancel(charged, reservation);
                break;
            case StoreChange.Release:
                Store.Release(request);
                break;
            default:
                throw new InvalidOperationException($"{change.Change} is not played.");
        }
    }
}
