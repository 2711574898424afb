namespace Sluice.Testing;

/// <summary>What code allocates.</summary>
public static class Allocations
{
    /// <summary>How often code is repeated.</summary>
    public const int Attempts = 20;

    /// <summary>
    /// The fewest bytes that this thread allocated in an attempt. The runtime allocates too on the thread whose code it compiles,
    /// and so do listeners of other tests that a measurement reaches, but not in every attempt.
    /// </summary>
    /// <remarks>Code that allocates for each call has a minimum above zero however often it is repeated.</remarks>
    /// <param name="attempt">What is measured, which stays on this thread.</param>
    public static long Least(Action attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        long least = long.MaxValue;
        for (int i = 0; i < Attempts; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            attempt();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>The fewest bytes that this thread allocated in an attempt.</summary>
    /// <param name="attempt">What is measured, which completes before it returns.</param>
    /// <exception cref="InvalidOperationException">It did not, so that other threads may have allocated for it.</exception>
    public static long Least(Func<ValueTask> attempt) => Least(() =>
    {
        ValueTask pending = attempt();
        if (!pending.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("The code that is measured waited or failed.");
        }
    });
}
