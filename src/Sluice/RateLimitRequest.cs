using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>What a store is asked: which limits, for whom, and for how many tokens.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public readonly record struct RateLimitRequest
{
    /// <summary>A request that costs what the policy says.</summary>
    /// <param name="limits">The limits that apply, as <see cref="RateLimitPolicy.Select"/> gave them.</param>
    /// <param name="caller">The caller's verified identity.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // In line it is written where it is read; else it is copied on the way.
    public RateLimitRequest(ApplicableLimits limits, CallerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(caller);
        Limits = limits;
        Caller = caller;
        Cost = limits.Cost;
    }

    /// <summary>A request with a cost computed by the caller of the library.</summary>
    /// <param name="limits">The limits that apply, as <see cref="RateLimitPolicy.Select"/> gave them.</param>
    /// <param name="caller">The caller's verified identity.</param>
    /// <param name="cost">Tokens; at least 1.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is below 1.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RateLimitRequest(ApplicableLimits limits, CallerIdentity caller, int cost)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 1);
        Limits = limits;
        Caller = caller;
        Cost = cost;
    }

    /// <summary>The limits that apply, in the policy's order.</summary>
    public ApplicableLimits Limits { get; }

    /// <summary>The caller's verified identity.</summary>
    public CallerIdentity Caller { get; }

    /// <summary>Tokens to take from every limit; at least 1. Of a limit on concurrency a call takes one slot, whatever its cost.</summary>
    public int Cost { get; }

    /// <summary>
    /// Records the slots that the call acquires; required where <see cref="ApplicableLimits.SlotCount"/> is not zero.
    /// </summary>
    public HeldSlots? Slots { get; init; }

    /// <summary>What a recorder of the store knows the call by; null where the store is not recorded.</summary>
    internal object? Tag { get; init; }

    /// <summary><see cref="Slots"/>, for a call that is about to acquire.</summary>
    /// <exception cref="ArgumentException">No slot object is given, or it holds slots already.</exception>
    internal HeldSlots FreeSlots() => Slots switch
    {
        null => throw new ArgumentException(
            "A limit on concurrency applies to the call. Set Slots of the request, and release the request when the call ends."),
        { IsHeld: true } => throw new ArgumentException(
            "Slots of the request holds the slots of another call. Release that call first, or use another HeldSlots."),
        HeldSlots free => free,
    };

    /// <summary>
    /// The part of an allowed call that was charged; null for nothing. A permissive limit without the tokens was not charged.
    /// </summary>
    /// <param name="states">The state of each limit when the call was decided.</param>
    internal RateLimitRequest? ChargedPart(ReadOnlySpan<LimitState> states)
    {
        List<RateLimit> charged = [];
        for (int i = 0; i < Limits.Count; i++)
        {
            if (Limits[i].Mode != LimitMode.Permissive || states[i].Outcome == RateLimitOutcome.Allowed)
            {
                charged.Add(Limits[i]);
            }
        }

        return charged.Count == Limits.Count ? this
            : charged.Count == 0 ? null
            : new RateLimitRequest(new ApplicableLimits([.. charged], Limits.Cost), Caller, Cost) { Tag = Tag };
    }
}
