namespace Sluice.Tests;

/// <summary>Every step waits for its turn in a <see cref="Schedule"/>.</summary>
internal readonly struct ScheduledSteps : ICommitSteps
{
    public static void Reach(CommitStep step) => Schedule.Pause(step);

    public static long Timestamp(ISystemClock clock) => clock.GetTimestamp();
}
