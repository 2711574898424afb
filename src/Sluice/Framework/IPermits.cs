namespace Sluice;

/// <summary>Where a framework limiter takes its permits from.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal interface IPermits
{
    /// <summary>Whether nothing is lost when the limiter is dropped.</summary>
    bool MayBeDropped { get; }

    /// <summary>Takes permits, or for zero of them tells whether one would be granted.</summary>
    /// <param name="permitCount">How many permits.</param>
    /// <param name="held">Releases what the lease holds; null when it holds nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">No bucket ever holds so many permits.</exception>
    RateLimitDecision Acquire(int permitCount, out IDisposable? held);

    /// <summary>Permits that calls of one each could take now.</summary>
    long Available();
}
