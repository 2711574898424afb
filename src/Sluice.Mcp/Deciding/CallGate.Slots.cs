using System.Diagnostics;

namespace Sluice.Mcp;

/// <content>Calls that wait for a slot.</content>
internal sealed partial class CallGate
{
    private readonly SlotWaiters _slots = previous is not null && previous.Store == store ? previous._slots : SlotWaiters.Of(store, time);

    /// <summary>Which gate of the server is the current one.</summary>
    private readonly GateSuccession _succession = previous?._succession ?? new GateSuccession();

    /// <summary>The gate of the server under the current configuration, where it has the same store; else this one.</summary>
    internal CallGate Latest => _succession.Current is CallGate current && current.Store == store ? current : this;

    /// <summary>Puts the limits of this gate in the place of those by which a call has waited for a slot.</summary>
    internal DecidingCall Renew(in DecidingCall call)
    {
        CallerIdentity caller = call.Request.Caller;
        ApplicableLimits limits = policy.SelectFor(call.Description.Method, call.Description.Operation, call.Description.Backend, caller);
        return call with { Request = call.Lease.Renew(RequestOf(call.Description, caller, limits)) };
    }

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

        HeldCalls.End entered = _held.TryEnter(
            maxWait, new HeldCallSubject(limit, call.Request.Caller, since), out HeldCalls.HeldCall? place);
        if (place is null)
        {
            return answer.Decision.Limit is not null && entered == HeldCalls.End.Full
                ? Conclude(call, answer.Decision)
                : await GiveUpAsync(call, entered, cancellationToken).ConfigureAwait(false);
        }

        SlotWait waiter = new(this, call with { Span = null }, _held, place, since) { Answer = answer };
        GateDecision decision = GateDecision.Waiting(policy.Settings, call.Request.Limits, waiter);
        _slots.Add(waiter, limit);
        Log.Held(logger, policy.Server, maxWait);
        return decision;
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
            end = await _held.WaitAsync(slot.Place, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await LeaveAsync(slot).ConfigureAwait(false);
            throw;
        }

        if (end == HeldCalls.End.Served)
        {
            return await slot.Gate.ServedAsync(slot, cancellationToken).ConfigureAwait(false);
        }

        if (end == HeldCalls.End.Stopped)
        {
            await LeaveAsync(slot).ConfigureAwait(false);
            return GateDecision.Stopping(policy.Settings, slot.Call.Request.Limits);
        }

        // Its wait has timed out.
        await _slots.RemoveAsync(slot).ConfigureAwait(false);
        return await slot.Gate.ExpiredAsync(slot, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<GateDecision> ExpiredAsync(SlotWait slot, CancellationToken cancellationToken) =>
        !slot.AsksStore ? DecideWithoutStoreAsync(slot, cancellationToken)
            : slot.Answer.Decision is { IsAllowed: false, Limit: not null } rejection
            ? new ValueTask<GateDecision>(Conclude(slot.Call, rejection))
            : GiveUpAsync(slot.Call, HeldCalls.End.Full, cancellationToken);

    /// <summary>Decides a call to which no limit applies any more, or to which one applies that needs an identity.</summary>
    private ValueTask<GateDecision> DecideWithoutStoreAsync(SlotWait slot, CancellationToken cancellationToken)
    {
        DecidingCall call = slot.Call;
        call.Lease.Dispose();
        return DecideAsync(call.Description, slot.Request.Caller, slot.Request.Limits, span: null, cancellationToken);
    }

    /// <summary>Continues a call that got a slot, or that the store now rejects for another reason.</summary>
    private async ValueTask<GateDecision> ServedAsync(SlotWait slot, CancellationToken cancellationToken)
    {
        if (!slot.AsksStore)
        {
            return await DecideWithoutStoreAsync(slot, cancellationToken).ConfigureAwait(false);
        }

        RateLimitReservation answer = slot.Answer;
        TimeSpan waited = time.GetElapsedTime(slot.Since);
        DecidingCall call = slot.Call with { Begin = _telemetry.Begin(isNeeded: observer is not null) };
        if (!answer.Decision.IsAllowed || answer.Delay == TimeSpan.Zero)
        {
            return Conclude(call, answer.Decision, answer.Decision.IsAllowed ? waited : TimeSpan.Zero);
        }

        call.Lease.Reserved(answer, _watches);
        HeldCalls.End entered = _held.TryStay(
            answer.Delay - answer.Passed, SubjectOf(call, slot.Since), out HeldCalls.HeldCall? held);
        if (held is null)
        {
            return await GiveUpAsync(call, entered, cancellationToken).ConfigureAwait(false);
        }

        GateDecision decision = await WaitAsync(Conclude(call, answer.Decision, answer.Delay, held), held, cancellationToken).ConfigureAwait(false);
        return decision with { Delay = decision.Delay + waited };
    }

    private async ValueTask LeaveAsync(SlotWait slot)
    {
        await _slots.RemoveAsync(slot).ConfigureAwait(false);
        slot.Call.Lease.Dispose();
    }
}
