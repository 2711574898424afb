namespace Sluice.ModelContextProtocol;

/// <summary>What one call may still wait.</summary>
/// <remarks>Thread safety: none; a call has one.</remarks>
internal sealed class RetryBudget(RateLimitRetryOptions options)
{
    private int _retries;
    private TimeSpan _waited;

    /// <summary>Waits as long as a rejection asks for, and a little more.</summary>
    /// <returns>False, at once, when the call is not to be tried again.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal async ValueTask<bool> TryWaitAsync(TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        // Never less than the server asks for: one tick before it, it rejects again.
        TimeSpan left = options.MaxTotalWait - _waited;
        if (_retries == options.MaxRetries || retryAfter > left)
        {
            return false;
        }

        double jitter = options.Jitter * Random.Shared.NextDouble();
        TimeSpan wait = retryAfter + TimeSpan.FromTicks((long)Math.Min(retryAfter.Ticks * jitter, (left - retryAfter).Ticks));
        _retries++;
        _waited += wait;
        await Task.Delay(wait, options.Time, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
