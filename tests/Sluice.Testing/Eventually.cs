using System.Diagnostics;

namespace Sluice.Testing;

/// <summary>Waits for something that no clock of a test moves: another process, a connection, the thread pool.</summary>
public static class Eventually
{
    /// <summary>How long to wait. Far longer than it takes, so that a busy machine fails no test.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const int LongestPauseMs = 64;

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="holds">The condition. It is asked again and again.</param>
    /// <param name="describe">Says what was seen instead, for the message of a failure.</param>
    /// <param name="patience">How long to wait; <see cref="Patience"/> when left out.</param>
    /// <exception cref="ShouldAssertException">It did not hold in that time.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> holds, Func<string>? describe = null, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(holds);
        long start = Stopwatch.GetTimestamp();
        for (int pauseMs = 1; !await holds(); pauseMs = Math.Min(2 * pauseMs, LongestPauseMs))
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(patience ?? Patience, describe?.Invoke());
            await Task.Delay(pauseMs);
        }
    }

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, Func{string}?, TimeSpan?)"/>
    public static Task HoldsAsync(Func<bool> holds, Func<string>? describe = null, TimeSpan? patience = null) =>
        HoldsAsync(() => Task.FromResult(holds()), describe, patience);
}
