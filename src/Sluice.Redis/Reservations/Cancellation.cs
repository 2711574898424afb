namespace Sluice.Redis;

/// <summary>Takes a reservation back in Redis.</summary>
/// <remarks>
/// A call that was sent and not answered may have been executed. It is repeated in a form that does nothing in that case. Once the
/// instant of the reservation has come, there is nothing left to cancel.
/// </remarks>
internal sealed class Cancellation(
    Lane lane, RedisLimits limits, CallerKeys caller, int cost, int[]? part, bool isSpread, ulong reserver, long number)
{
    /// <summary>The time between two attempts.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private bool _wasSent;

    /// <summary>Asks Redis once. Says whether it has done it.</summary>
    internal async Task<bool> SendAsync()
    {
        if (lane.Breaker.IsOpen)
        {
            return false;
        }

        PendingCall call = new(_wasSent ? ScriptVerb.CancelHeld : ScriptVerb.Cancel, limits, caller, (ulong)cost)
        {
            SlotNumber = number,
            Reservation = new ReservationTerms(MostMicros: 0, FromMicros: 0, reserver),
            Part = part,
            IsSpread = isSpread,
        };
        bool isDone = await lane.SendAsync(call).ConfigureAwait(false);
        _wasSent |= call.Fate != CallFate.Unsent;
        return isDone;
    }

    /// <summary>Repeats the request until Redis has done it, the instant has come, or the store is closed.</summary>
    internal async Task RepeatAsync(TimeSpan delay, TimeProvider time, CancellationToken closing)
    {
        long begin = time.GetTimestamp();
        while (time.GetElapsedTime(begin) < delay && !closing.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (await SendAsync().ConfigureAwait(false))
            {
                return;
            }
        }
    }
}
