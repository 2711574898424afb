namespace Sluice.Kubernetes;

/// <summary>How long to wait before the next attempt: longer with each that failed, and not the same for all replicas.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class RetryPause
{
    /// <summary>The longest pause that we choose.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);
    private int _failures;

    /// <summary>An attempt has succeeded: the next failure is the first one.</summary>
    internal void Reset() => _failures = 0;

    /// <summary>The pause after an attempt that failed.</summary>
    /// <param name="asked">What the server asks for; null where it does not.</param>
    internal TimeSpan Next(TimeSpan? asked = null)
    {
        double doubled = First.TotalSeconds * Math.Pow(2, Math.Min(_failures++, 16));
        TimeSpan pause = TimeSpan.FromSeconds(Math.Min(doubled, Longest.TotalSeconds) * (0.5 + (Random.Shared.NextDouble() / 2)));
        TimeSpan least = asked is TimeSpan time && time < LongestAsked ? time : asked is null ? TimeSpan.Zero : LongestAsked;
        return pause > least ? pause : least;
    }
}
