using Microsoft.Extensions.Logging;

namespace Sluice.Mcp;

/// <content>Calls that may be held instead of being rejected.</content>
internal sealed partial class CallGate
{
    private readonly HeldCalls _held = policy.Waits && !store.CanReserve ? throw CannotHold(policy)
        : previous?._held ?? new HeldCalls(policy.Settings.MaxWaiting, time);

    /// <summary>How many calls are held.</summary>
    internal int HeldCount => _held.Count;

    /// <summary>How many calls run and hold slots.</summary>
    internal int RunningWithSlots => _watches.Sum(watch => watch.Count);

    /// <summary>Calls that are held, the next to go first.</summary>
    /// <param name="most">The most calls.</param>
    internal IEnumerable<(RateLimit Limit, CallerIdentity Caller, long Since, long Due)> Held(int most) =>
        from call in _held.Take(most)
        let subject = call.Subject
        where subject is not null
        select (subject.Limit, subject.Caller, subject.Since, call.Due);

    private static HeldCallSubject SubjectOf(in DecidingCall call, long since)
    {
        ApplicableLimits limits = call.Request.Limits;
        ReadOnlySpan<LimitState> states = call.Lease.States;
        int least = 0;
        for (int i = 1; i < states.Length; i++)
        {
            if ((long)states[i].Remaining * limits[least].Capacity < (long)states[least].Remaining * limits[i].Capacity)
            {
                least = i;
            }
        }

        return new HeldCallSubject(limits[least], call.Request.Caller, since);
    }

    /// <summary>
    /// Puts its bound of held calls into force, and takes over the calls that wait for a slot, because its configuration has
    /// become the current one. Those calls are not decided yet, so this gate decides them.
    /// </summary>
    internal void Activate()
    {
        _held.Max = policy.Settings.MaxWaiting;
        _succession.Current = this;
        _slots.Renew();
    }

    /// <summary>Ends all held calls, and holds no more: they are not made, and their tokens come back.</summary>
    internal void EndHeld() => _held.EndAll();

    /// <summary>
    /// Waits until the instant of a call that <see cref="BeginAsync(string, string?, CallerIdentity, CancellationToken)"/> admitted for
    /// later.
    /// </summary>
    /// <param name="decision">The decision; any other is returned at once.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The same decision at that instant; or one that does not allow the call, because the server stops.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled; its tokens have come back.</exception>
    internal ValueTask<GateDecision> HoldAsync(GateDecision decision, CancellationToken cancellationToken) =>
        decision.Held is null ? new ValueTask<GateDecision>(decision)
            : decision.Slot is not null ? WaitForSlotAsync(decision.Slot, cancellationToken)
            : WaitAsync(decision, decision.Held, cancellationToken);

    private async ValueTask<GateDecision> WaitAsync(GateDecision decision, HeldCalls.HeldCall call, CancellationToken cancellationToken)
    {
        try
        {
            if (await _held.WaitAsync(call, cancellationToken).ConfigureAwait(false) == HeldCalls.End.Forward)
            {
                decision.Lease.Elapse(decision.Delay);
                return decision with { Held = null };
            }
        }
        catch (OperationCanceledException)
        {
            await GiveBackAsync(decision.Lease).ConfigureAwait(false);
            throw;
        }

        await GiveBackAsync(decision.Lease).ConfigureAwait(false);
        return GateDecision.Stopping(policy.Settings, decision.Limits);
    }

    private static InvalidOperationException CannotHold(RateLimitPolicy policy) => new(
        $"The limits of '{policy.Server}' have 'wait', but the store cannot hold calls. Remove 'wait', or use a store that can.");

    private async ValueTask<GateDecision> DecideAndHoldAsync(ValueTask<GateDecision> begun, CancellationToken cancellationToken) =>
        await HoldAsync(await begun.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private ValueTask<GateDecision> ReserveAsync(in DecidingCall call, CancellationToken cancellationToken)
    {
        TimeSpan maxWait = _held.HasRoom ? call.Request.Limits.Wait : TimeSpan.Zero;
        if (call.Request.Limits.SlotCount > 0 && maxWait > TimeSpan.Zero)
        {
            return ReserveWithSlotAsync(call, maxWait, cancellationToken);
        }

        ValueTask<RateLimitReservation> pending =
            store.ReserveAsync(call.Request, maxWait, call.Lease.StatesToFill, cancellationToken);
        return pending.IsCompletedSuccessfully
            ? Enter(call, pending.Result, cancellationToken)
            : AwaitReservationAsync(call, pending, cancellationToken);
    }

    private async ValueTask<GateDecision> AwaitReservationAsync(
        DecidingCall call, ValueTask<RateLimitReservation> pending, CancellationToken cancellationToken)
    {
        RateLimitReservation reservation = await pending.ConfigureAwait(false);
        return await Enter(call, reservation, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<GateDecision> Enter(in DecidingCall call, in RateLimitReservation reservation, CancellationToken cancellationToken)
    {
        if (reservation.Delay == TimeSpan.Zero)
        {
            return new ValueTask<GateDecision>(Conclude(call, reservation.Decision));
        }

        call.Lease.Reserved(reservation, _watches);
        HeldCalls.End entered = _held.TryEnter(
            reservation.Delay - reservation.Passed, SubjectOf(call, time.GetTimestamp()), out HeldCalls.HeldCall? held);
        if (held is null)
        {
            return GiveUpAsync(call, entered, cancellationToken);
        }

        Log.Held(logger, policy.Server, reservation.Delay);
        return new ValueTask<GateDecision>(Conclude(call, reservation.Decision, reservation.Delay, held));
    }

    /// <summary>Rejects a call that the store admitted for later, because no place is left.</summary>
    private async ValueTask<GateDecision> GiveUpAsync(DecidingCall call, HeldCalls.End entered, CancellationToken cancellationToken)
    {
        await GiveBackAsync(call.Lease).ConfigureAwait(false);
        if (entered == HeldCalls.End.Stopped)
        {
            return GateDecision.Stopping(policy.Settings, call.Request.Limits);
        }

        CallLease lease = CallLease.Begin(store, call.Request);
        RateLimitReservation rejection =
            await store.ReserveAsync(lease.Request, TimeSpan.Zero, lease.StatesToFill, cancellationToken).ConfigureAwait(false);
        return Conclude(call with { Lease = lease }, rejection.Decision);
    }

    private static async ValueTask GiveBackAsync(CallLease lease)
    {
        await lease.RefundAsync().ConfigureAwait(false);
        lease.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Debug, "A call to '{Server}' is held for {Delay}.", EventName = "Held")]
        internal static partial void Held(ILogger logger, string server, TimeSpan delay);
    }
}
