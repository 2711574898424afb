namespace Sluice.Mcp;

/// <summary>What one call has acquired, until the call ends: the tokens that it was charged.</summary>
/// <remarks>
/// <para>
/// It ends once, by <see cref="RefundAsync"/> or <see cref="Dispose"/>, whichever comes first; a later call of either does
/// nothing, so copies are harmless. The object behind it is used again by later calls.
/// </para>
/// <para>The default value is the lease of a call that acquired nothing.</para>
/// <para>Thread safety: any number of threads.</para>
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

    /// <summary>Notes that the call was allowed.</summary>
    /// <param name="source">Who allowed it; where no bucket was asked, nothing was charged.</param>
    internal void Acquired(DecisionSource source) => _call!.IsCharged = source != DecisionSource.OnStoreFailure;

    /// <summary>Notes that the call was allowed for a later instant.</summary>
    internal void Reserved(in RateLimitReservation reservation)
    {
        _call!.Reservation = reservation;
        Acquired(reservation.Decision.Source);
    }

    /// <summary>Moves the states on by a time for which the call was held.</summary>
    internal void Elapse(TimeSpan time)
    {
        foreach (ref LimitState state in StatesToFill.Span)
        {
            state = state with { ResetAfter = state.ResetAfter > time ? state.ResetAfter - time : TimeSpan.Zero };
        }
    }

    /// <summary>Ends the lease and gives the tokens back: the call was certainly not made.</summary>
    internal ValueTask RefundAsync()
    {
        if (_call is null || !_call.TryEnd(_version))
        {
            return ValueTask.CompletedTask;
        }

        IRateLimitStore store = _call.Store!;
        RateLimitRequest? charged = _call.Charged;
        RateLimitReservation reservation = _call.Reservation;
        _call.GiveBack();

        // Not cancelled with the call: the tokens of a cancelled call must come back too.
        return charged is not RateLimitRequest request ? ValueTask.CompletedTask
            : reservation.Id == 0 ? store.RefundAsync(request, CancellationToken.None)
            : store.CancelAsync(request, reservation, CancellationToken.None);
    }

    /// <summary>Ends the lease; what was charged stays charged.</summary>
    public void Dispose()
    {
        if (_call is not null && _call.TryEnd(_version))
        {
            _call.GiveBack();
        }
    }
}
