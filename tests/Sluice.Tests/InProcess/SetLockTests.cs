namespace Sluice.Tests;

/// <summary>The version of a set grows with every change, and is a stamp of the instant.</summary>
public unsafe class SetLockTests
{
    [Theory]
    [InlineData(new ulong[] { 5, 5, 5, 6 }, 6, 5)] // Several decisions of one tick.
    [InlineData(new ulong[] { 9, 4 }, 9, 8)] // An earlier instant after a later one.
    [InlineData(new ulong[] { 7, SetLock<NoSteps>.Timeless }, 7, 6)]
    [InlineData(new ulong[] { SetLock<NoSteps>.Timeless }, 1, 0)] // Never zero once it was written: zero is no instant.
    [InlineData(new ulong[] { 7, SetLock<NoSteps>.Unchanged }, 7, 6)]
    public void Exit_Stamped_IsLatestFromThatInstantOn(ulong[] stamps, ulong latest, ulong tooEarly)
    {
        BucketSet set = default;
        foreach (ulong stamp in stamps)
        {
            SetLock<NoSteps>.Enter(&set);
            SetLock<NoSteps>.Exit(&set, stamp);
        }

        SetLock<NoSteps>.IsLatest(&set, latest).ShouldBeTrue();
        SetLock<NoSteps>.IsLatest(&set, tooEarly).ShouldBeFalse();
        set.Readers = 1;
        SetLock<NoSteps>.IsLatest(&set, latest).ShouldBeFalse();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(1UL << 53)]
    [InlineData((1UL << 63) + (1UL << 51))] // The latest instant that a clock has.
    public void Exit_OftenAtOneInstant_GivesAnotherVersionEachTime(ulong instant)
    {
        BucketSet set = default;
        long last = 0;
        for (int i = 0; i < 1_000; i++)
        {
            SetLock<NoSteps>.Enter(&set);
            SetLock<NoSteps>.Exit(&set, instant);
            set.Version.ShouldBeGreaterThan(last);
            (set.Version & 1).ShouldBe(0);
            last = set.Version;
        }

        SetLock<NoSteps>.Enter(&set);
        SetLock<NoSteps>.Exit(&set, SetLock<NoSteps>.Unchanged);
        set.Version.ShouldBe(last);
    }
}
