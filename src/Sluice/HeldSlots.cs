namespace Sluice;

/// <summary>The slots that one call holds, from the store's answer until the call ends.</summary>
/// <remarks>
/// <para>
/// A call passes one in <see cref="RateLimitRequest.Slots"/>. The store notes there what the call acquired, and
/// <see cref="IRateLimitStore.ReleaseAsync"/> releases it, once: a second release does nothing. After that, another call may use
/// the object.
/// </para>
/// <para>Thread safety: any number of threads may release; one call at a time may acquire.</para>
/// </remarks>
public sealed class HeldSlots
{
    private object? _holder;
    private long _acquisition;

    /// <summary>Whether slots are held.</summary>
    public bool IsHeld => Volatile.Read(ref _holder) is not null;

    /// <summary>The store that counts the slots, or a part of it; null when none are held.</summary>
    internal object? Holder => Volatile.Read(ref _holder);

    /// <summary>
    /// Whether the call waits where no slot is free, or others wait before it: a store that others share then keeps turns.
    /// </summary>
    internal bool WaitsInTurn { get; set; }

    /// <summary>Whether the call is the first in the queue of its process, so that the store keeps its turn if it gets no slot.</summary>
    internal bool KeepsTurn { get; set; }

    /// <summary>Notes that slots were acquired.</summary>
    /// <param name="holder">The store that counts them, or a part of it.</param>
    /// <param name="acquisition">A number by which the holder knows this acquisition.</param>
    internal void Acquired(object holder, long acquisition)
    {
        _acquisition = acquisition;
        Volatile.Write(ref _holder, holder);
    }

    /// <summary>Ends the hold; true for one caller only, who must then release the slots.</summary>
    /// <param name="holder">The store that counts them, or a part of it.</param>
    /// <param name="acquisition">The number by which the holder knows this acquisition.</param>
    internal bool TryEnd([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? holder, out long acquisition)
    {
        acquisition = _acquisition;
        holder = Volatile.Read(ref _holder) is null ? null : Interlocked.Exchange(ref _holder, null);
        return holder is not null;
    }
}
