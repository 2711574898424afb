namespace Sluice;

/// <summary>The calls of a limiter that wait for their permits.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class PermitQueue : IDisposable
{
    private readonly InProcessStore _store;
    private readonly ApplicableLimits _limits;
    private readonly CallerIdentity _caller;
    private readonly SluiceRateLimiterOptions _options;
    private readonly HeldCalls _held;
    private readonly SlotWaiters _slots;
    private long _permits;

    internal PermitQueue(
        InProcessStore store, ApplicableLimits limits, CallerIdentity caller, SluiceRateLimiterOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWait, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.QueueLimit, nameof(options));
        (_store, _limits, _caller, _options) = (store, limits, caller, options);
        _held = new HeldCalls(int.MaxValue, time);
        _slots = SlotWaiters.Of(store, time);
    }

    /// <summary>Permits that are waited for.</summary>
    internal long Permits => Interlocked.Read(ref _permits);

    /// <summary>Takes permits at the first instant at which they are there.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the permits have come back.</exception>
    internal ValueTask<(RateLimitDecision Decision, IDisposable? Held)> AcquireAsync(int permitCount, CancellationToken cancellationToken)
    {
        RateLimitRequest request = new(_limits, _caller, permitCount) { Slots = _limits.SlotCount == 0 ? null : new HeldSlots() };
        bool hasRoom = Interlocked.Add(ref _permits, permitCount) <= _options.QueueLimit;
        LimitState[] states = _limits.SlotCount == 0 ? [] : new LimitState[_limits.Count];
        bool mayWait = hasRoom && _options.MaxWait > TimeSpan.Zero;
        RateLimitReservation reservation = mayWait && _slots.QueueFor(request) is RateLimit queued
            ? new RateLimitReservation { Decision = new RateLimitDecision { Limit = queued } }
            : _store.Reserve(request, hasRoom ? _options.MaxWait : TimeSpan.Zero, states);
        if (reservation.Delay > TimeSpan.Zero)
        {
            return WaitAsync(request, reservation, cancellationToken);
        }

        if (mayWait && SlotWaiters.LimitWithoutSlot(request, reservation.Decision, states, _options.MaxWait) is { Concurrency: not null } limit)
        {
            return WaitForSlotAsync(request, reservation, states, limit, cancellationToken);
        }

        Interlocked.Add(ref _permits, -permitCount);
        return new ValueTask<(RateLimitDecision, IDisposable?)>(Conclude(request, reservation.Decision));
    }

    /// <summary>Ends all waits: those calls fail.</summary>
    public void Dispose() => _held.Dispose();

    private async ValueTask<(RateLimitDecision Decision, IDisposable? Held)> WaitAsync(
        RateLimitRequest request, RateLimitReservation reservation, CancellationToken cancellationToken)
    {
        try
        {
            if (_held.TryEnter(reservation.Delay, subject: null, out HeldCalls.HeldCall? call) == HeldCalls.End.Forward
                && await _held.WaitAsync(call!, cancellationToken).ConfigureAwait(false) == HeldCalls.End.Forward)
            {
                return (reservation.Decision, LimiterCalls.HeldBy(_store, request));
            }
        }
        catch (OperationCanceledException)
        {
            GiveBack(request, reservation);
            throw;
        }
        finally
        {
            Interlocked.Add(ref _permits, -request.Cost);
        }

        GiveBack(request, reservation);
        return default; // The limiter was disposed of.
    }

    /// <summary>Waits for its turn and a free slot.</summary>
    private async ValueTask<(RateLimitDecision Decision, IDisposable? Held)> WaitForSlotAsync(
        RateLimitRequest request, RateLimitReservation rejection, LimitState[] states, RateLimit limit, CancellationToken cancellationToken)
    {
        if (_held.TryEnter(_options.MaxWait, subject: null, out HeldCalls.HeldCall? place) != HeldCalls.End.Forward)
        {
            Interlocked.Add(ref _permits, -request.Cost);
            return default; // The limiter was disposed of.
        }

        PermitWaiter waiter = new(request, states, _held, place!) { Answer = rejection };
        _slots.Add(waiter, limit);
        HeldCalls.End end;
        try
        {
            end = await _held.WaitAsync(place!, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await _slots.RemoveAsync(waiter).ConfigureAwait(false);
            Interlocked.Add(ref _permits, -request.Cost);
            throw;
        }

        if (end == HeldCalls.End.Served && waiter.Answer.Delay > TimeSpan.Zero)
        {
            return await WaitAsync(request, waiter.Answer, cancellationToken).ConfigureAwait(false);
        }

        await _slots.RemoveAsync(waiter).ConfigureAwait(false);
        Interlocked.Add(ref _permits, -request.Cost);
        return end == HeldCalls.End.Stopped ? default : Conclude(request, waiter.Answer.Decision);
    }

    private (RateLimitDecision Decision, IDisposable? Held) Conclude(in RateLimitRequest request, in RateLimitDecision decision) =>
        LimiterCalls.IsForTooManyPermits(decision)
            ? throw LimiterCalls.TooManyPermits(decision.Limit!, request.Cost)
            : (decision, LimiterCalls.HeldBy(_store, request));

    private void GiveBack(in RateLimitRequest request, in RateLimitReservation reservation)
    {
        _store.Cancel(request, reservation);
        LimiterCalls.HeldBy(_store, request)?.Dispose();
    }

    /// <summary>A call that waits. The limits of a limiter never change.</summary>
    private sealed class PermitWaiter(in RateLimitRequest request, Memory<LimitState> states, HeldCalls held, HeldCalls.HeldCall place)
        : SlotWaiter(request, states, held, place);
}
