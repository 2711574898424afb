namespace Sluice.Tests;

/// <summary>Holds threads up at random between their steps.</summary>
internal readonly struct ChaosSteps : ICommitSteps
{
    [ThreadStatic]
    private static uint _state;

    /// <summary>Starts this thread's sequence.</summary>
    internal static void Seed(int seed) => _state = (uint)seed | 1;

    public static long Timestamp(ISystemClock clock) => clock.GetTimestamp();

    public static void Reach(CommitStep step)
    {
        _state ^= _state << 13;
        _state ^= _state >> 17;
        _state ^= _state << 5;
        if (_state % 4 == 0)
        {
            _ = Thread.Yield();
        }
        else
        {
            Thread.SpinWait((int)(_state % 64));
        }
    }
}
