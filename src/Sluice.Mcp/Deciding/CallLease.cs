namespace Sluice.Mcp;

/// <summary>What one call has acquired, until the call ends: the tokens that it was charged, and its slots.</summary>
/// <remarks>
/// <para>
/// It ends once, by <see cref="Dispose"/>, which releases the slots; a later call does nothing, so copies are harmless. Before that,
/// <see cref="RefundAsync"/> gives the tokens back, once, and <see cref="ReleaseSlots"/> releases the slots. The object behind it is
/// used again by later calls.
/// </para>
/// <para>The default value is the lease of a call that acquired nothing.</para>
/// <para>
/// Thread safety: any number of threads may dispose. Nothing else may be called while another thread disposes.
/// </para>
/// </remarks>
internal readonly struct CallLease : IDisposable
{
    private readonly LeasedCall? _call;
    private readonly int _version;

    private CallLease(LeasedCall call)
    {
        _call = call;
        _version = call.Version;
    }

    /// <summary>Whether there is nothing to end.</summary>
    internal bool IsNone => _call is null;

    /// <summary>The state of each limit when the call was decided.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    internal ReadOnlySpan<LimitState> States => _call is null ? default : StatesToFill.Span;

    /// <summary>Where the store writes the states.</summary>
    internal Memory<LimitState> StatesToFill
    {
        get
        {
            ObjectDisposedException.ThrowIf(_call!.Version != _version, typeof(CallLease));
            return _call.States;
        }
    }

    /// <summary>A lease for a call that is about to be decided.</summary>
    internal static CallLease Begin(IRateLimitStore store, in RateLimitRequest request) => new(LeasedCall.Take(store, request));

    /// <summary>Whether the call holds slots.</summary>
    internal bool HoldsSlots => _call is not null && _call.Version == _version && _call.Request.Slots is { IsHeld: true };

    /// <summary>The request that was decided, with the object that records its slots.</summary>
    internal RateLimitRequest Request => _call!.Request;

    /// <summary>Puts another request in the place of one that has acquired nothing.</summary>
    /// <returns>The request, with the object that records its slots.</returns>
    internal RateLimitRequest Renew(in RateLimitRequest request) => _call!.Renew(request);

    /// <summary>Notes that the call was allowed.</summary>
    /// <param name="source">Who allowed it; where no bucket was asked, nothing was charged.</param>
    /// <param name="watches">One for each <c>maxAge</c> of the policy.</param>
    internal void Acquired(DecisionSource source, SlotWatch[] watches)
    {
        _call!.IsCharged = source != DecisionSource.OnStoreFailure;
        if (_call.Request.Slots is { IsHeld: true } && !_call.IsWatched)
        {
            TimeSpan maxAge = _call.Request.Limits.MaxAge;
            Array.Find(watches, watch => watch.MaxAge == maxAge)!.Add(_call);
        }
    }

    /// <summary>Notes that the call was allowed for a later instant.</summary>
    internal void Reserved(in RateLimitReservation reservation, SlotWatch[] watches)
    {
        _call!.Reservation = reservation;
        Acquired(reservation.Decision.Source, watches);
    }

    /// <summary>Moves the states on by a time for which the call was held.</summary>
    internal void Elapse(TimeSpan time)
    {
        foreach (ref LimitState state in StatesToFill.Span)
        {
            state = state with { ResetAfter = state.ResetAfter > time ? state.ResetAfter - time : TimeSpan.Zero };
        }
    }

    /// <summary>Gives the tokens back: the call was certainly not made. The slots stay until <see cref="Dispose"/>.</summary>
    internal ValueTask RefundAsync()
    {
        if (_call is null || !_call.TryRefund(_version))
        {
            return ValueTask.CompletedTask;
        }

        // Not cancelled with the call: the tokens of a cancelled call must come back too.
        return _call.Charged is not RateLimitRequest request ? ValueTask.CompletedTask
            : _call.Reservation.Id == 0 ? _call.Store!.RefundAsync(request, CancellationToken.None)
            : _call.Store!.CancelAsync(request, _call.Reservation, CancellationToken.None);
    }

    /// <summary>Releases the slots, before the lease ends: the answer is complete.</summary>
    internal void ReleaseSlots()
    {
        if (_call is not null && _call.Version == _version)
        {
            _call.EndSlots();
        }
    }

    /// <summary>Ends the lease: releases the slots. What was charged stays charged.</summary>
    public void Dispose()
    {
        if (_call is not null && _call.TryEnd(_version))
        {
            _call.GiveBack();
        }
    }
}
