using System.Diagnostics;

namespace Sluice.Mcp;

/// <content>Calls that wait for a slot.</content>
internal sealed partial class CallGate
{
    private readonly SlotWaiters _slots = previous is not null && previous.Store == store ? previous._slots : SlotWaiters.Of(store, time);

    /// <summary>Decides a call that may wait for a slot: behind the calls that wait already, and at once where none does.</summary>
    private async ValueTask<GateDecision> ReserveWithSlotAsync(DecidingCall call, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        long since = time.GetTimestamp();
        call.Request.Slots!.WaitsInTurn = true;
        RateLimitReservation answer = default;
        RateLimit? limit = _slots.QueueFor(call.Request);
        if (limit is null)
        {
            answer = await store.ReserveAsync(call.Request, maxWait, call.Lease.StatesToFill, cancellationToken).ConfigureAwait(false);
            limit = SlotWaiters.LimitWithoutSlot(call.Request, answer.Decision, call.Lease.StatesToFill.Span, maxWait);
            if (limit?.Concurrency is null || answer.Decision.Source == DecisionSource.OnStoreFailure)
            {
                return await Enter(call, answer, cancellationToken).ConfigureAwait(false);
            }
        }

        HeldCalls.End entered = _held.TryEnter(maxWait, out HeldCalls.HeldCall? place);
        if (place is null)
        {
            return answer.Decision.Limit is not null && entered == HeldCalls.End.Full
                ? Conclude(call, answer.Decision)
                : await GiveUpAsync(call, entered, cancellationToken).ConfigureAwait(false);
        }

        place.Subject = new HeldCallSubject(limit, call.Request.Caller, since);
        SlotWaiter waiter = new(call.Request, call.Lease.StatesToFill, _held, place) { Answer = answer };
        _slots.Add(waiter, limit);
        Log.Held(logger, policy.Server, maxWait);
        return GateDecision.Waiting(policy.Settings, call.Request.Limits, new SlotWait(call with { Span = null }, waiter, since));
    }

    private async ValueTask<GateDecision> WaitForSlotAsync(SlotWait slot, CancellationToken cancellationToken)
    {
        GateDecision decision = await EndOfWaitAsync(slot, cancellationToken).ConfigureAwait(false);
        if (CallSpan.IsTraced)
        {
            CallSpan.Decided(Activity.Current, store: null, decision);
        }

        return decision;
    }

    private async ValueTask<GateDecision> EndOfWaitAsync(SlotWait slot, CancellationToken cancellationToken)
    {
        HeldCalls.End end;
        try
        {
            end = await _held.WaitAsync(slot.Waiter.Place, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await LeaveAsync(slot).ConfigureAwait(false);
            throw;
        }

        if (end == HeldCalls.End.Served)
        {
            return await ServedAsync(slot, cancellationToken).ConfigureAwait(false);
        }

        if (end == HeldCalls.End.Stopped)
        {
            await LeaveAsync(slot).ConfigureAwait(false);
            return GateDecision.Stopping(policy.Settings, slot.Call.Request.Limits);
        }

        // It has waited for as long as it may.
        await _slots.RemoveAsync(slot.Waiter).ConfigureAwait(false);
        return slot.Waiter.Answer.Decision is { IsAllowed: false, Limit: not null } rejection
            ? Conclude(slot.Call, rejection)
            : await GiveUpAsync(slot.Call, HeldCalls.End.Full, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Continues a call that got a slot, or that the store now rejects for another reason.</summary>
    private async ValueTask<GateDecision> ServedAsync(SlotWait slot, CancellationToken cancellationToken)
    {
        RateLimitReservation answer = slot.Waiter.Answer;
        TimeSpan waited = time.GetElapsedTime(slot.Since);
        DecidingCall call = slot.Call with { Begin = _telemetry.Begin(isNeeded: observer is not null) };
        if (!answer.Decision.IsAllowed || answer.Delay == TimeSpan.Zero)
        {
            return Conclude(call, answer.Decision, answer.Decision.IsAllowed ? waited : TimeSpan.Zero);
        }

        call.Lease.Reserved(answer, _watches);
        HeldCalls.End entered = _held.TryStay(answer.Delay - answer.Passed, out HeldCalls.HeldCall? held);
        if (held is null)
        {
            return await GiveUpAsync(call, entered, cancellationToken).ConfigureAwait(false);
        }

        GateDecision decision = await WaitAsync(Conclude(call, answer.Decision, answer.Delay, held), held, cancellationToken).ConfigureAwait(false);
        return decision with { Delay = decision.Delay + waited };
    }

    private async ValueTask LeaveAsync(SlotWait slot)
    {
        await _slots.RemoveAsync(slot.Waiter).ConfigureAwait(false);
        slot.Call.Lease.Dispose();
    }
}
