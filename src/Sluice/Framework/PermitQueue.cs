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
    private long _permits;

    internal PermitQueue(
        InProcessStore store, ApplicableLimits limits, CallerIdentity caller, SluiceRateLimiterOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWait, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.QueueLimit, nameof(options));
        (_store, _limits, _caller, _options) = (store, limits, caller, options);
        _held = new HeldCalls(int.MaxValue, time);
    }

    /// <summary>Permits that are waited for.</summary>
    internal long Permits => Interlocked.Read(ref _permits);

    /// <summary>Takes permits at the first instant at which they are there.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the permits have come back.</exception>
    internal ValueTask<(RateLimitDecision Decision, IDisposable? Held)> AcquireAsync(int permitCount, CancellationToken cancellationToken)
    {
        RateLimitRequest request = new(_limits, _caller, permitCount) { Slots = _limits.SlotCount == 0 ? null : new HeldSlots() };
        bool hasRoom = Interlocked.Add(ref _permits, permitCount) <= _options.QueueLimit;
        RateLimitReservation reservation = _store.Reserve(request, hasRoom ? _options.MaxWait : TimeSpan.Zero, []);
        if (reservation.Delay > TimeSpan.Zero)
        {
            return WaitAsync(request, reservation, cancellationToken);
        }

        Interlocked.Add(ref _permits, -permitCount);
        return LimiterCalls.IsForTooManyPermits(reservation.Decision)
            ? throw LimiterCalls.TooManyPermits(reservation.Decision.Limit!, permitCount)
            : new ValueTask<(RateLimitDecision, IDisposable?)>((reservation.Decision, LimiterCalls.HeldBy(_store, request)));
    }

    /// <summary>Ends all waits: those calls fail.</summary>
    public void Dispose() => _held.Dispose();

    private async ValueTask<(RateLimitDecision Decision, IDisposable? Held)> WaitAsync(
        RateLimitRequest request, RateLimitReservation reservation, CancellationToken cancellationToken)
    {
        try
        {
            if (_held.TryEnter(reservation.Delay, out HeldCalls.HeldCall? call) == HeldCalls.End.Forward
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

    private void GiveBack(in RateLimitRequest request, in RateLimitReservation reservation)
    {
        _store.Cancel(request, reservation);
        LimiterCalls.HeldBy(_store, request)?.Dispose();
    }
}
