using System.Globalization;

namespace Sluice.Tests;

/// <summary>Machines that sleep.</summary>
public class SleepTests
{
    private static readonly CallerIdentity Alice = StoreFixture.User(1);
    private readonly SleepingMachine _machine = new();

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, true)]
    public void Acquire_MachineSlept_CountsTheTimeAsleep(RateLimitAlgorithm algorithm, bool align)
    {
        InProcessStore store = Store();
        RateLimitRequest request = new(PerUser(new Rate(3, TimeSpan.FromHours(1), algorithm, burst: null, align)), Alice, 3);
        store.Acquire(request, []).IsAllowed.ShouldBeTrue();
        store.Acquire(request, []).IsAllowed.ShouldBeFalse();

        _machine.Sleep(TimeSpan.FromHours(8));

        store.Acquire(request, []).IsAllowed.ShouldBeTrue();
        store.Acquire(request, []).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Acquire_WallClockSetDuringSleep_AlignedWindowsFollowIt()
    {
        InProcessStore store = Store();
        ApplicableLimits limits = PerUser(Aligned);
        _machine.Sleep(TimeSpan.FromHours(8));
        _machine.Wall += TimeSpan.FromMinutes(20);

        Used(store, limits).ResetAfter.ShouldBe(TimeSpan.FromMinutes(40));
    }

    [Fact]
    public void Acquire_WallClockSetDuringSleep_KeepsWhatTheWindowUsed()
    {
        InProcessStore store = Store();
        ApplicableLimits limits = PerUser(Aligned);
        _ = Used(store, limits);
        _machine.Sleep(TimeSpan.FromMinutes(1));
        _machine.Wall -= TimeSpan.FromMinutes(31);

        LimitState state = Used(store, limits);

        state.Remaining.ShouldBe(1);
        state.ResetAfter.ShouldBe(TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void Acquire_WallClockSetWhileAwake_KeepsThePhase()
    {
        InProcessStore store = Store();
        ApplicableLimits limits = PerUser(Aligned);
        _machine.Wall += TimeSpan.FromMinutes(20);

        Used(store, limits).ResetAfter.ShouldBe(TimeSpan.FromHours(1));
    }

    [Fact]
    public void GetTimestamp_OfTheSystem_IsTheTimeSinceBootWithSleep()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // Only Linux publishes the time since boot in another way.
        }

        TimeSpan before = Uptime();
        TimeSpan now = BootTimeProvider.Instance.GetElapsedTime(0);
        TimeSpan after = Uptime() + TimeSpan.FromMilliseconds(10); // Its unit, rounded down.

        now.ShouldBeInRange(before, after);
    }

    [Fact]
    public void For_SystemProvider_IsReplacedAndNoOtherIs()
    {
        ManualTimeProvider manual = new();

        BootTimeProvider.For(TimeProvider.System).ShouldBeSameAs(BootTimeProvider.Instance);
        BootTimeProvider.For(manual).ShouldBeSameAs(manual);
    }

    private static Rate Aligned => new(3, TimeSpan.FromHours(1), RateLimitAlgorithm.FixedWindow, burst: null, align: true);

    private static TimeSpan Uptime() => TimeSpan.FromSeconds(
        double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));

    private static ApplicableLimits PerUser(Rate rate) => StoreFixture.PerUser(rate);

    private static LimitState Used(InProcessStore store, ApplicableLimits limits)
    {
        LimitState state = default;
        store.Acquire(new RateLimitRequest(limits, Alice), new Span<LimitState>(ref state)).IsAllowed.ShouldBeTrue();
        return state;
    }

    private InProcessStore Store() => new(new InProcessStoreOptions { MaxKeys = 100 }, _machine);

    /// <summary>A machine at 09:00 whose clocks are moved as a suspend moves them: nothing runs, and the time asleep counts.</summary>
    private sealed class SleepingMachine : SleepCountingTimeProvider
    {
        private TimeSpan _slept;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal DateTimeOffset Wall { get; set; } = new(2026, 1, 1, 9, 0, 0, TimeSpan.Zero);

        internal override TimeSpan Slept => _slept;

        public override long GetTimestamp() => _slept.Ticks;

        public override DateTimeOffset GetUtcNow() => Wall;

        internal void Sleep(TimeSpan time)
        {
            _slept += time;
            Wall += time;
        }
    }
}
