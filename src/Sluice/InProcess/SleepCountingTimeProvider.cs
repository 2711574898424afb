namespace Sluice;

/// <summary>A time provider whose timestamps also count the time in which the machine sleeps.</summary>
internal abstract class SleepCountingTimeProvider : TimeProvider
{
    /// <summary>How long the machine has slept since an instant that never changes; exact to some milliseconds.</summary>
    internal abstract TimeSpan Slept { get; }
}
