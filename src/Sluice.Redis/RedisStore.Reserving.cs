using System.Security.Cryptography;

namespace Sluice.Redis;

/// <content>Calls that are admitted now for a later instant.</content>
/// <remarks>
/// The reservations of a bucket are stored in its row in Redis. The script replays them, so a call is decided and reserved in one run,
/// and the order holds across processes. While Redis does not answer, no further call is held: <see cref="RateLimit.OnStoreFailure"/>
/// decides.
/// </remarks>
public sealed partial class RedisStore
{
    /// <summary>What tells the reservations of this store from those of others.</summary>
    private readonly ulong _reserver = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <inheritdoc/>
    public bool CanReserve => true;

    /// <inheritdoc/>
    public async ValueTask<RateLimitReservation> ReserveAsync(
        RateLimitRequest request, TimeSpan maxWait, Memory<LimitState> states, CancellationToken cancellationToken)
    {
        if (IsAnsweredHere(request, states, cancellationToken, out ValueTask<RateLimitDecision> answer))
        {
            return Unheld(await answer.ConfigureAwait(false));
        }

        if (request.Limits.SlotCount > 0)
        {
            return await AcquireSlotsAsync(request, maxWait, states).ConfigureAwait(false);
        }

        SlotClaim claim = new(Holder: null, Interlocked.Increment(ref _slotNumber));
        return await ReserveAsync(Of(request.Limits), request, maxWait, states, claim).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask CancelAsync(RateLimitRequest request, RateLimitReservation reservation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (reservation.Id == 0)
        {
            await RefundAsync(request, cancellationToken).ConfigureAwait(false);
            return;
        }

        RedisLimits limits = Of(request.Limits);
        CallerKeys keys = Of(request.Caller);
        foreach ((Lane lane, int[]? part) in PartsOf(limits, keys))
        {
            Cancellation cancellation = new(lane, limits, keys, request.Cost, part, _isSpread, _reserver, reservation.Id);
            if (!await cancellation.SendAsync().ConfigureAwait(false))
            {
                _ = cancellation.RepeatAsync(reservation.Delay, _time, _closing.Token);
            }
        }

        _rejections.Forget();
    }

    private async ValueTask<RateLimitReservation> ReserveAsync(
        RedisLimits limits, RateLimitRequest request, TimeSpan maxWait, Memory<LimitState> states, SlotClaim claim)
    {
        if (HasDivided(limits))
        {
            // A bucket of calls that may be held is not divided. So this call is not to be held.
            return Unheld(await DecideDividedAsync(limits, request, states, charges: true, claim).ConfigureAwait(false));
        }

        if (_isSpread && limits.Rows.Count + (limits.NamesCaller ? 1 : 0) > 1)
        {
            return await ReserveSpreadAsync(limits, request, maxWait, states, claim).ConfigureAwait(false);
        }

        Lane lane = _lanes.Of(limits.Server);
        if (lane.Breaker.IsOpen)
        {
            return Unheld(DecideWithout(lane, limits, request, states.Span, charges: true, call: null));
        }

        CallerKeys keys = Of(request.Caller);
        ChargeDrawn(limits, keys);
        PendingCall call = new(ScriptVerb.Reserve, limits, keys, (ulong)request.Cost)
        {
            Holder = claim.Holder,
            SlotNumber = claim.Number,
            Reservation = new ReservationTerms(
                Micros(maxWait), FromMicros: 0, _reserver, claim.WaitsInTurn ? keys.Turn : null, claim.KeepsTurn),
            IsSpread = _isSpread,
        };
        RateLimitDecision decision = await AnswerAsync(lane, call, request, states, charges: true, _rejections.Mark).ConfigureAwait(false);
        if (!decision.IsAllowed || decision.Source != DecisionSource.Store)
        {
            return Unheld(decision);
        }

        return HeldBy(decision, call, lane, claim.Number);
    }

    private RateLimitReservation HeldBy(in RateLimitDecision decision, PendingCall call, Lane lane, long number) =>
        call.DelayMicros == 0 ? Unheld(decision) : new RateLimitReservation
        {
            Decision = decision,
            Delay = Verdict.Span(call.DelayMicros),
            Id = number,
            Passed = lane.Instants.PassedSince(call.Seen[call.LimitAt(0)].NowMicros, call.SentTimestamp, call.AnsweredTimestamp)
                + _time.GetElapsedTime(call.AnsweredTimestamp),
        };

    private static long Micros(TimeSpan span) => Math.Max(0, span.Ticks / TimeSpan.TicksPerMicrosecond);

    private static RateLimitReservation Unheld(in RateLimitDecision decision) => new() { Decision = decision };
}
