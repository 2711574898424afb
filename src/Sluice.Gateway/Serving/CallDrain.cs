namespace Sluice.Gateway;

/// <summary>Bounds how long calls in flight may take when the gateway stops.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class CallDrain : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly TimeSpan _time;
    private readonly TimeProvider _clock;
    private ITimer? _timer;

    /// <param name="time">How long calls may take from the beginning of the stop.</param>
    /// <param name="clock">The clock.</param>
    internal CallDrain(TimeSpan time, TimeProvider clock)
    {
        _time = time;
        _clock = clock;
    }

    /// <summary>Is cancelled when calls in flight are to be cut.</summary>
    internal CancellationToken Cut => _cut.Token;

    /// <summary>Begins to count the time.</summary>
    internal void Begin() => _timer ??= _clock.CreateTimer(_ => CutNow(), null, _time, Timeout.InfiniteTimeSpan);

    /// <summary>Cuts all calls now.</summary>
    internal void CutNow() => _cut.Cancel();

    public void Dispose()
    {
        _timer?.Dispose();
        _cut.Dispose();
    }
}
