namespace Sluice.StoreContracts;

/// <summary>The reference: a store that is right by inspection, in exact arithmetic, for one thread.</summary>
/// <remarks>
/// <para>
/// It reads its clock once a call, in whole steps of its resolution, and gives waits in whole steps, rounded up, as a store
/// with such a clock does.
/// </para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
public sealed class ModelStore : IRateLimitStore
{
    private readonly TimeProvider _time;
    private readonly long _originTimestamp;
    private readonly DateTimeOffset _originWall;
    private ModelState _state;

    /// <summary>A store without buckets.</summary>
    /// <param name="time">Its clock; only windows of a calendar follow its wall clock after this.</param>
    /// <param name="resolution">The step of its clock, at least 100 ns.</param>
    /// <param name="counterCeiling">The most tokens that one counter of a sliding window can hold.</param>
    public ModelStore(TimeProvider time, TimeSpan resolution, long counterCeiling)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, TimeSpan.FromTicks(1));
        _time = time;
        _originTimestamp = time.GetTimestamp();
        _originWall = time.GetUtcNow();
        _state = new ModelState(
            _originWall.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, resolution.Ticks, counterCeiling);
    }

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> AcquireAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(request, states, charges: true));

    /// <inheritdoc/>
    public ValueTask<RateLimitDecision> PeekAsync(
        RateLimitRequest request, Memory<LimitState> states, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(request, states, charges: false));

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        if (request.Slots is HeldSlots slots && slots.TryEnd(out _, out _))
        {
            _state = Now(request.Limits.Limits).Released(request);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RefundAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        _state = Now(request.Limits.Limits).Refunded(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ChargeAsync(RateLimitRequest request, CancellationToken cancellationToken)
    {
        _state = Now(request.Limits.Limits).Charged(request);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ResetAsync(
        ReadOnlyMemory<RateLimit> limits, CallerIdentity caller, CancellationToken cancellationToken)
    {
        _state = Now(limits.Span).Reset(limits.Span, caller);
        return ValueTask.CompletedTask;
    }

    private RateLimitDecision Decide(in RateLimitRequest request, Memory<LimitState> states, bool charges)
    {
        if (!states.IsEmpty && states.Length < request.Limits.Count)
        {
            throw new ArgumentException("It is neither empty nor long enough.", nameof(states));
        }

        HeldSlots? slots = charges && request.Limits.SlotCount > 0 ? request.FreeSlots() : null;
        (RateLimitDecision decision, LimitState[] all, _state) = Now(request.Limits.Limits).Decide(request, charges);
        if (decision.IsAllowed)
        {
            slots?.Acquired(this, acquisition: 0);
        }

        if (!states.IsEmpty)
        {
            all.CopyTo(states);
        }

        return decision;
    }

    private ModelState Now(ReadOnlySpan<RateLimit> limits)
    {
        bool readsWall = limits.ToArray().Any(limit => limit.Concurrency is null && limit.Rate.Window is not null);
        return _state.At(_time.GetTimestamp() - _originTimestamp, (_time.GetUtcNow() - _originWall).Ticks, readsWall);
    }
}
