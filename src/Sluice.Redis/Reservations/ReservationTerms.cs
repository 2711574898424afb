namespace Sluice.Redis;

/// <summary>What a call asks that makes or cancels a reservation.</summary>
/// <param name="MostMicros">The longest wait; below zero for a look, which finds the instant and charges nothing.</param>
/// <param name="FromMicros">How long after the decision the call may be forwarded at the earliest.</param>
/// <param name="Turn">Who waits, where the call waits in turn for a slot; else null.</param>
/// <param name="KeepsTurn">Whether the caller keeps a turn where the call gets no slot.</param>
/// <param name="Store">A number of the store that asks, by which its reservations differ from those of others.</param>
internal sealed record ReservationTerms(long MostMicros, ulong FromMicros, ulong Store, byte[]? Turn = null, bool KeepsTurn = false)
{
    /// <summary>Whether a call that fits now is decided like one that does not wait.</summary>
    internal bool IsPlain => FromMicros == 0 && MostMicros >= 0 && Turn is null;
}
