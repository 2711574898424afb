namespace Sluice.Tests;

public class SlidingWindowTests
{
    private static readonly LimitNumbers Limit = Numbers(20, 100_000);
    private readonly LogPool _pool = new(1_000);
    private BucketState _state;
    private ulong _now = LimitNumbers.OriginTicks;

    [Fact]
    public void Admits_RandomCalls_CountsAsAListDoes()
    {
        const int Seed = 77;
        Random random = new(Seed);
        List<(ulong Time, ulong Cost)> list = [];
        for (int i = 0; i < 50_000; i++)
        {
            _now += (ulong)random.Next(0, 3) * (ulong)random.Next(20_000);
            ulong cost = (ulong)random.Next(1, 5);
            _ = list.RemoveAll(entry => _now - entry.Time >= Limit.PeriodTicks);
            ulong used = list.Aggregate(0UL, (sum, entry) => sum + entry.Cost);
            bool admits = SlidingWindow.Admits(View(Limit), cost, out ulong wait);

            string at = $"seed {Seed}, step {i}";
            admits.ShouldBe(used + cost <= 20, at);
            SlidingWindow.Remaining(View(Limit)).ShouldBe((int)(20 - Math.Min(used, 20)), at);
            if (admits)
            {
                _state = SlidingWindow.Charge(View(Limit), cost);
                list.Add((_now, cost));
            }
            else
            {
                wait.ShouldBe(WaitOf(list, used + cost - 20), at);
            }

            if (random.Next(6) == 0)
            {
                ulong refund = (ulong)random.Next(1, 4);
                _state = SlidingWindow.Refund(View(Limit), refund);
                Refund(list, refund);
            }
        }
    }

    [Fact]
    public void Admits_EntryOfOnePeriod_NoLongerCounts()
    {
        _state = SlidingWindow.Charge(View(Limit), 20);
        _now += Limit.PeriodTicks - 1;
        SlidingWindow.Admits(View(Limit), 1, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(1UL);
        _now++;
        SlidingWindow.Admits(View(Limit), 20, out _).ShouldBeTrue();
    }

    [Fact]
    public void Charge_AfterAnyHistory_ReturnsEveryChunk()
    {
        LogPool pool = new(5);
        BucketState state = default;
        ulong now = LimitNumbers.OriginTicks;
        for (int i = 0; i < 1_000; i++)
        {
            now += 5_000;
            state = SlidingWindow.Charge(new LogView(pool, Limit, Limit, state, now), 1);
        }

        now += Limit.PeriodTicks;
        SlidingWindow.Refund(new LogView(pool, Limit, Limit, state, now), 1).ShouldBe(default);
        uint[] chunks = [.. Enumerable.Range(0, 6).Select(_ => pool.Take())];
        chunks.Order().ShouldBe([0u, 1u, 2u, 3u, 4u, 5u]);
    }

    [Fact]
    public void Charge_PoolExhausted_CountsNoLessAndNoLonger()
    {
        LogPool pool = new(1);
        BucketState state = default;
        ulong now = LimitNumbers.OriginTicks;
        for (int i = 0; i < 20; i++)
        {
            now += 1_000;
            LogView view = new(pool, Limit, Limit, state, now);
            SlidingWindow.Admits(view, 1, out _).ShouldBeTrue();
            state = SlidingWindow.Charge(view, 1);
        }

        LogView full = new(pool, Limit, Limit, state, now);
        SlidingWindow.Remaining(full).ShouldBe(0);
        SlidingWindow.Admits(full, 20, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(Limit.PeriodTicks);
    }

    [Fact]
    public void Charge_PoolExhausted_LeavesOtherLogsAlone()
    {
        LogPool pool = new(2);
        (BucketState state, BucketState neighbour) = (default, default);
        for (int i = 0; i < 2 * LogChunk.Entries; i++)
        {
            _now += 1_000;
            state = SlidingWindow.Charge(new LogView(pool, Limit, Limit, state, _now), 1);
            neighbour = i < 3 ? SlidingWindow.Charge(new LogView(pool, Limit, Limit, neighbour, _now), 2) : neighbour;
        }

        pool.InUse.ShouldBe(2);
        SlidingWindow.Remaining(new LogView(pool, Limit, Limit, neighbour, _now)).ShouldBe(14);
        LogView full = new(pool, Limit, Limit, neighbour, _now);
        SlidingWindow.Admits(full, 15, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(Limit.PeriodTicks - (((2 * LogChunk.Entries) - 1) * 1_000));
    }

    [Fact]
    public void Charge_TwiceAtOneInstant_NeedsNoChunk()
    {
        _state = SlidingWindow.Charge(View(Limit), 3);
        _state = SlidingWindow.Charge(View(Limit), 4);

        _state.ShouldBe(new BucketState(_now, 7));
        _pool.InUse.ShouldBe(0);
    }

    [Fact]
    public void Charge_BeyondEveryBound_Saturates()
    {
        LimitNumbers slow = Numbers(20, 10_000_000_000_000); // No entry leaves the window.
        for (int i = 0; i < 600_000; i++)
        {
            _now += 10;
            _state = SlidingWindow.Charge(View(slow, slow), int.MaxValue);
        }

        View(slow, slow).Used().ShouldBe(1UL << 50);
        SlidingWindow.Remaining(View(slow, slow)).ShouldBe(0);
    }

    // Of the entries 4, 4, 4 and 4 the first has left, and a maximum of 6 keeps the newest six: 2, 4.
    [Fact]
    public void View_UnderASmallerMaximum_DropsNothingOfWhatLeftAlready()
    {
        foreach (ulong pause in new ulong[] { 60_000, 10_000, 10_000, 30_000 })
        {
            _state = SlidingWindow.Charge(View(Limit), 4);
            _now += pause;
        }

        LimitNumbers smaller = Numbers(6, 100_000);
        _state = SlidingWindow.Refund(View(smaller), 1);

        SlidingWindow.Remaining(View(smaller, smaller)).ShouldBe(1);
    }

    // An entry of exactly one period has left; a maximum of 4 then keeps all four of the other.
    [Fact]
    public void View_UnderASmallerMaximum_DropsNothingOfWhatLeavesAtThatTick()
    {
        _state = SlidingWindow.Charge(View(Limit), 4);
        _now += 40_000;
        _state = SlidingWindow.Charge(View(Limit), 4);
        _now += Limit.PeriodTicks - 40_000;

        SlidingWindow.Remaining(View(Numbers(4, 100_000))).ShouldBe(0);
    }

    [Fact]
    public void View_UnderASmallerMaximum_KeepsNoPlaceForWhatItDrops()
    {
        for (int i = 0; i < 2 * LogChunk.Entries; i++)
        {
            _state = SlidingWindow.Charge(View(Limit), 1);
            _now += 100;
        }

        _pool.InUse.ShouldBe(2);
        _state = SlidingWindow.Refund(View(Numbers(LogChunk.Entries, 100_000)), 1);

        _pool.InUse.ShouldBe(1);
    }

    // Of the entries 4, 4, 4 and 4, a maximum of 10 keeps the newest ten: 2, 4, 4.
    [Fact]
    public void View_UnderASmallerMaximum_DropsTheOldest()
    {
        for (int i = 0; i < 4; i++)
        {
            _state = SlidingWindow.Charge(View(Limit), 4);
            _now += 10_000;
        }

        LimitNumbers smaller = Numbers(10, 100_000);
        SlidingWindow.Remaining(View(smaller)).ShouldBe(0);
        SlidingWindow.Admits(View(smaller), 2, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(70_000UL); // The 2 of the second entry leave, 10,000 after the start and a period later.
        SlidingWindow.Admits(View(smaller), 3, out wait).ShouldBeFalse();
        wait.ShouldBe(80_000UL);
        _state = SlidingWindow.Refund(View(smaller), 1);
        _state = SlidingWindow.Refund(new LogView(_pool, smaller, smaller, _state, _now), 2);
        SlidingWindow.Remaining(new LogView(_pool, smaller, smaller, _state, _now)).ShouldBe(3);
    }

    [Fact]
    public void View_UnderALongerPeriod_DoesNotBringBackWhatLeft()
    {
        LimitNumbers longer = Numbers(20, 1_000_000);
        _state = SlidingWindow.Charge(View(Limit), 4);
        _now += 60_000;
        _state = SlidingWindow.Charge(View(Limit), 5);
        _now += 60_000;

        SlidingWindow.Remaining(View(longer)).ShouldBe(15);
        SlidingWindow.Admits(View(longer), 16, out ulong wait).ShouldBeFalse();
        wait.ShouldBe(940_000UL);
    }

    [Fact]
    public void Fold_AnyLog_CountsAsMuchForAsLong()
    {
        for (int i = 0; i < 15; i++)
        {
            _state = SlidingWindow.Charge(View(Limit), 1);
            _now += 2_000;
        }

        ulong newest = _state.Time;

        SlidingWindow.Fold(View(Limit)).ShouldBe(new BucketState(newest, 15));
    }

    [Fact]
    public void Fold_LogOfWhichNothingCounts_IsNew()
    {
        for (int i = 0; i < 2 * LogChunk.Entries; i++)
        {
            _state = SlidingWindow.Charge(View(Limit), 1);
            _now += 100;
        }

        _now += Limit.PeriodTicks;

        View(Limit).Used().ShouldBe(0UL);
        SlidingWindow.Fold(View(Limit)).ShouldBe(default);
        _pool.InUse.ShouldBe(0);
    }

    private static LimitNumbers Numbers(int maxTokens, long periodTicks) => new(
        new Rate(maxTokens, TimeSpan.FromTicks(periodTicks), RateLimitAlgorithm.SlidingWindow, burst: null, align: false), 0);

    private LogView View(LimitNumbers limit) => View(Limit, limit);

    private LogView View(LimitNumbers written, LimitNumbers limit) => new(_pool, written, limit, _state, _now);

    private ulong WaitOf(List<(ulong Time, ulong Cost)> list, ulong excess)
    {
        foreach ((ulong time, ulong cost) in list)
        {
            if (cost >= excess)
            {
                return time + Limit.PeriodTicks - _now;
            }

            excess -= cost;
        }

        throw new InvalidOperationException("The list holds less than it counted.");
    }

    private static void Refund(List<(ulong Time, ulong Cost)> list, ulong tokens)
    {
        while (tokens > 0 && list.Count > 0)
        {
            ulong part = Math.Min(tokens, list[^1].Cost);
            tokens -= part;
            list[^1] = (list[^1].Time, list[^1].Cost - part);
            if (list[^1].Cost == 0)
            {
                list.RemoveAt(list.Count - 1);
            }
        }
    }
}
