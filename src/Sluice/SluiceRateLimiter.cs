using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>The framework's <see cref="RateLimiter"/> over one set of limits for one caller.</summary>
/// <remarks>
/// <para>
/// Over a store it keeps nothing itself: two limiters with the same store, limits and caller count together, and one may be
/// dropped and made again at no loss. One with a rate alone has a store of its own. It never queues: what is refused is refused at once, and the
/// lease's <see cref="MetadataName.RetryAfter"/> says exactly when to come back.
/// </para>
/// <para>
/// A lease holds nothing: disposing of it gives nothing back. Zero permits ask whether one would be granted, and charge nothing.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class SluiceRateLimiter : RateLimiter
{
    private readonly InProcessStore _store;
    private readonly ApplicableLimits _limits;
    private readonly CallerIdentity _caller;
    private readonly bool _ownsStore;
    private readonly LeaseCounter _leases = new();

    /// <summary>A limiter of its own, on the system's clock.</summary>
    /// <param name="rate">How many permits, how often.</param>
    /// <exception cref="ArgumentNullException"><paramref name="rate"/> is null.</exception>
    public SluiceRateLimiter(Rate rate)
        : this(rate, TimeProvider.System)
    {
    }

    /// <summary>A limiter of its own.</summary>
    /// <param name="rate">How many permits, how often.</param>
    /// <param name="time">Its clock.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SluiceRateLimiter(Rate rate, TimeProvider time)
        : this(new InProcessStore(new InProcessStoreOptions { MaxKeys = 1 }, time), LimitsOf(rate), CallerIdentity.None)
    {
        _ownsStore = true;
    }

    /// <summary>A limiter over limits that others may share.</summary>
    /// <param name="store">Where the buckets are.</param>
    /// <param name="limits">The limits, as <see cref="RateLimitPolicy.Select"/> gives them.</param>
    /// <param name="caller">Whose buckets.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SluiceRateLimiter(InProcessStore store, ApplicableLimits limits, CallerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(caller);
        _store = store;
        _limits = limits;
        _caller = caller;
    }

    /// <summary>Whether whoever holds the limiter may drop it: any time at all if so, and null if not.</summary>
    /// <value>
    /// Null while a store of the limiter's own owes: the framework's partitioned limiters drop what was idle for ten seconds, and
    /// the debt would go with it. A limiter over somebody's store keeps nothing, and may be dropped whenever it is not in use.
    /// </value>
    public override TimeSpan? IdleDuration => !_ownsStore || IsFull() ? TimeSpan.MaxValue : null;

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics() => _leases.Statistics(LimiterCalls.Available(_store, _limits, _caller));

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">No bucket of the limits ever holds so many permits.</exception>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) =>
        _leases.Count(LimiterCalls.Acquire(_store, _limits, _caller, permitCount));

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitLease>(cancellationToken)
            : ValueTask.FromResult(AttemptAcquireCore(permitCount));

    private bool IsFull()
    {
        LimitState state = default;
        _ = _store.Peek(new RateLimitRequest(_limits, _caller, 1), new Span<LimitState>(ref state));
        return state.ResetAfter == TimeSpan.Zero;
    }

    private static ApplicableLimits LimitsOf(Rate rate)
    {
        ArgumentNullException.ThrowIfNull(rate);
        return RateLimitPolicy.Build("limiter", limits => limits.Shared(rate)).Select("tools/call", "", CallerIdentity.None);
    }
}
