using System.Threading.RateLimiting;

namespace Sluice;

/// <summary>The framework's <see cref="RateLimiter"/> over one set of limits for one caller.</summary>
/// <remarks>
/// <para>
/// Over a store it keeps nothing itself: two limiters with the same store, limits and caller count together, and a program may
/// drop one and make it again. A limiter with a rate alone has one bucket of its own, in less than 300 bytes of managed memory;
/// by <see cref="RateLimitAlgorithm.SlidingWindow"/> it also keeps its log. Without
/// <see cref="SluiceRateLimiterOptions"/> it never queues: a call that cannot be granted now fails at once, and the lease's
/// <see cref="MetadataName.RetryAfter"/> tells the exact wait.
/// </para>
/// <para>
/// With options, <c>AcquireAsync</c> waits: the permits are charged at once, and the lease comes at the exact instant at which they
/// are there, in the order of the calls. A cancelled wait refunds its permits. <c>AttemptAcquire</c> never waits.
/// </para>
/// <para>
/// A lease holds the slots of limits on concurrency until it is disposed. It holds no tokens: those are not given back. Zero permits ask
/// whether one would be granted, and charge nothing.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
public sealed class SluiceRateLimiter : RateLimiter
{
    private readonly IPermits _permits;
    private readonly PermitQueue? _queue;
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
    /// <exception cref="ArgumentException">The rate has more tokens than a sliding window may have.</exception>
    public SluiceRateLimiter(Rate rate, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(rate);
        ArgumentNullException.ThrowIfNull(time);
        _permits = new OwnBucket(LimiterClock.LimitOf(rate, time));
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
        _permits = new StorePermits(store, limits, caller);
    }

    /// <summary>A limiter of its own that waits.</summary>
    /// <param name="rate">How many permits, how often.</param>
    /// <param name="options">How it waits.</param>
    /// <param name="time">Its clock.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The rate has more tokens than a sliding window may have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is below zero.</exception>
    public SluiceRateLimiter(Rate rate, SluiceRateLimiterOptions options, TimeProvider time)
        : this(
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 1 }, time),
            RateLimitPolicy.Build("limiter", limits => limits.Shared(rate ?? throw new ArgumentNullException(nameof(rate))))
                .Select("tools/call", "", CallerIdentity.None),
            CallerIdentity.None,
            options,
            time)
    {
    }

    /// <summary>A limiter that waits, over limits that others may share.</summary>
    /// <param name="store">Where the buckets are.</param>
    /// <param name="limits">The limits, as <see cref="RateLimitPolicy.Select"/> gives them.</param>
    /// <param name="caller">Whose buckets.</param>
    /// <param name="options">How it waits.</param>
    /// <param name="time">The clock of its timers; that of the store.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is below zero.</exception>
    public SluiceRateLimiter(
        InProcessStore store, ApplicableLimits limits, CallerIdentity caller, SluiceRateLimiterOptions options, TimeProvider time)
        : this(store, limits, caller)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _queue = new PermitQueue(store, limits, caller, options, time);
    }

    /// <summary>Whether a holder may drop the limiter: <see cref="TimeSpan.MaxValue"/> if so, and null if not.</summary>
    /// <value>
    /// Null while a limiter with a bucket of its own has used tokens: the framework's partitioned limiters drop what was idle for
    /// ten seconds, and the used tokens would be forgotten. A limiter over a store keeps nothing and may be dropped at any time.
    /// </value>
    public override TimeSpan? IdleDuration => _permits.MayBeDropped && (_queue?.Permits ?? 0) == 0 ? TimeSpan.MaxValue : null;

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics() => _leases.Statistics(_permits.Available(), _queue?.Permits ?? 0);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">No bucket of the limits ever holds so many permits.</exception>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) =>
        _leases.Count(_permits.Acquire(permitCount, out IDisposable? held), held);

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RateLimitLease>(cancellationToken)
            : _queue is null || permitCount == 0 ? ValueTask.FromResult(AttemptAcquireCore(permitCount))
            : WaitAsync(_queue.AcquireAsync(permitCount, cancellationToken));

    /// <summary>Ends all waits: those calls get a lease that is not acquired.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _queue?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Ends all waits: those calls get a lease that is not acquired.</summary>
    protected override ValueTask DisposeAsyncCore()
    {
        _queue?.Dispose(); // The base class calls Dispose(false) after it.
        return base.DisposeAsyncCore();
    }

    private async ValueTask<RateLimitLease> WaitAsync(ValueTask<(RateLimitDecision Decision, IDisposable? Held)> pending)
    {
        (RateLimitDecision decision, IDisposable? held) = await pending.ConfigureAwait(false);
        return _leases.Count(decision, held);
    }
}
