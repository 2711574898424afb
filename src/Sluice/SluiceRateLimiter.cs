using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>The framework's <see cref="RateLimiter"/> over one set of limits for one caller.</summary>
/// <remarks>
/// <para>
/// It keeps nothing itself: the buckets are the store's, so two limiters with the same store, limits and caller count
/// together, and one may be dropped and made again at no loss. It never queues: what is refused is refused at once, and the
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

    /// <summary>Any time at all: since the limiter keeps nothing, whoever holds it may drop it when it is not in use.</summary>
    public override TimeSpan? IdleDuration => TimeSpan.MaxValue;

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

    private static ApplicableLimits LimitsOf(Rate rate)
    {
        ArgumentNullException.ThrowIfNull(rate);
        return RateLimitPolicy.Build("limiter", limits => limits.Shared(rate)).Select("tools/call", "", CallerIdentity.None);
    }
}
