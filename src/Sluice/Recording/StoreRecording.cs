namespace Sluice;

/// <summary>
/// Lets the operations of a store happen one after another, each at an instant of its own, and reports them in that order.
/// </summary>
/// <remarks>Thread safety: a thread that holds <see cref="Gate"/> may use the members.</remarks>
internal sealed class StoreRecording
{
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly SleepCountingTimeProvider? _sleepCounting;
    private readonly long _startTimestamp;
    private readonly TimeSpan _startSlept;

    /// <param name="time">The clock.</param>
    /// <param name="recorder">Receives the operations.</param>
    internal StoreRecording(TimeProvider time, IStoreRecorder recorder)
    {
        _time = BootTimeProvider.For(time);
        _sleepCounting = _time as SleepCountingTimeProvider;
        _startSlept = _sleepCounting?.Slept ?? TimeSpan.Zero;
        _startTimestamp = _time.GetTimestamp();
        Recorder = recorder;
        Clock = new SteppedClock(_time.GetUtcNow());
        recorder.Start(Clock.Now.Wall);
    }

    /// <summary>The lock that every operation takes.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The clock of the store.</summary>
    internal SteppedClock Clock { get; }

    internal IStoreRecorder Recorder { get; }

    /// <summary>Moves the store's clock to the present.</summary>
    internal StoreTime Advance()
    {
        StoreTime last = Clock.Now;
        TimeSpan slept = (_sleepCounting?.Slept ?? TimeSpan.Zero) - _startSlept;
        StoreTime now = new(
            Math.Max(last.Ticks, _time.GetElapsedTime(_startTimestamp).Ticks),
            _time.GetUtcNow(),
            (slept - last.Slept).Duration() < ShortestSleep ? last.Slept : slept);
        Clock.Now = now;
        return now;
    }
}
