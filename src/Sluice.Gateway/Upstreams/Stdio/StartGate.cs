namespace Sluice.Gateway;

/// <summary>Keeps a program that fails again and again from being started as fast as clients ask: the wait doubles each time.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class StartGate(TimeProvider time)
{
    internal static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private TimeSpan _wait = TimeSpan.Zero;
    private long _failedTimestamp;

    /// <summary>How long the program may not be started; zero when it may.</summary>
    internal TimeSpan Remaining
    {
        get
        {
            lock (_gate)
            {
                TimeSpan left = _wait == TimeSpan.Zero ? TimeSpan.Zero : _wait - time.GetElapsedTime(_failedTimestamp);
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>The program could not be started, or ended before it answered.</summary>
    internal void Failed()
    {
        lock (_gate)
        {
            TimeSpan doubled = _wait == TimeSpan.Zero ? FirstWait : 2 * _wait;
            _wait = doubled > LongestWait ? LongestWait : doubled;
            _failedTimestamp = time.GetTimestamp();
        }
    }

    /// <summary>The program answered.</summary>
    internal void Succeeded()
    {
        lock (_gate)
        {
            _wait = TimeSpan.Zero;
        }
    }
}
