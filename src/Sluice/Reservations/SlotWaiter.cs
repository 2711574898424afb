namespace Sluice;

/// <summary>A call that waits for a slot.</summary>
/// <remarks>Thread safety: <see cref="SlotWaiters"/> guards what changes; who waits reads it after its place has ended.</remarks>
/// <param name="request">The call. Its <see cref="RateLimitRequest.Slots"/> are not used by anything else.</param>
/// <param name="states">Filled by each attempt.</param>
/// <param name="held">Where it is held.</param>
/// <param name="place">Its place there, which ends when it has waited for too long.</param>
internal abstract class SlotWaiter(RateLimitRequest request, Memory<LimitState> states, HeldCalls held, HeldCalls.HeldCall place)
{
    /// <summary>The call. It changes only by <see cref="Renew"/>.</summary>
    internal RateLimitRequest Request { get; private protected set; } = request;

    /// <summary>Where each attempt writes the state of each limit.</summary>
    internal Memory<LimitState> States { get; private protected set; } = states;

    internal HeldCalls Held => held;

    internal HeldCalls.HeldCall Place => place;

    /// <summary>What the store answered last: of a call that was served the answer to it.</summary>
    internal RateLimitReservation Answer { get; set; }

    /// <summary>The queue that it is in; null when it is in none.</summary>
    internal SlotQueue? Queue { get; set; }

    /// <summary>Its place in that queue.</summary>
    internal FairQueue<CallerIdentity, SlotWaiter>.Place Turn { get; set; }

    /// <summary>The attempt that is being made for it, or the last one.</summary>
    internal Task Attempt { get; set; } = Task.CompletedTask;

    /// <summary>Told that it has been served: <see cref="Answer"/> is the store's.</summary>
    internal virtual void OnServed()
    {
    }

    /// <summary>Whether the store has to be asked: else the limits alone say what becomes of the call.</summary>
    internal bool AsksStore => Request.Limits is { Count: > 0, IdentityRequiredBy: null };

    /// <summary>Takes the limits that are in force now, where others have replaced those of the call. No attempt is being made.</summary>
    /// <returns>Whether the limits are others.</returns>
    internal virtual bool Renew() => false;
}
