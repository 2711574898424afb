namespace Sluice.Tests;

/// <summary>Remembers the steps that this thread takes, and lets a test step in at one of them.</summary>
internal readonly struct RecordedSteps : ICommitSteps
{
    [ThreadStatic]
    private static List<CommitStep>? _steps;

    [ThreadStatic]
    private static Action<CommitStep>? _stepIn;

    public static long Timestamp(ISystemClock clock) => clock.GetTimestamp();

    public static void Reach(CommitStep step)
    {
        _steps?.Add(step);
        _stepIn?.Invoke(step);
    }

    /// <summary>The steps of some work.</summary>
    internal static List<CommitStep> Of(Action work)
    {
        _steps = [];
        work();
        List<CommitStep> steps = _steps;
        _steps = null;
        return steps;
    }

    /// <summary>Does some work, and before its first step of a kind, so many times, something else, of which no steps are told.</summary>
    internal static List<CommitStep> Of(Action work, CommitStep at, int times, Action stepIn) => Of(() =>
    {
        _stepIn = step =>
        {
            if (step == at && times > 0)
            {
                times--;
                (List<CommitStep>? steps, Action<CommitStep>? outer) = (_steps, _stepIn);
                (_steps, _stepIn) = (null, null);
                stepIn();
                (_steps, _stepIn) = (steps, outer);
            }
        };
        work();
        _stepIn = null;
    });
}
