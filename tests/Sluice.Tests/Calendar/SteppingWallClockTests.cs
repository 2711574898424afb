using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>Random calls while the wall clock steps forth and back, with the machine's time going on beside it.</summary>
public sealed class SteppingWallClockTests
{
    private const int Tokens = 4;
    private static readonly string[] Zones = ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"];
    private readonly ManualTimeProvider _time = new();
    private readonly Random _random = new(Seeds.Announce(20_261_130));
    private readonly ModelStore _model;

    public SteppingWallClockTests()
    {
        // The second Sunday of March, when New York's clocks change, and shortly before Apia skipped a date.
        _time.Wall = _random.Next(2) == 0
            ? new DateTimeOffset(2026, 3, 8, 4, 0, 0, TimeSpan.Zero)
            : new DateTimeOffset(2011, 12, 29, 4, 0, 0, TimeSpan.Zero);
        _model = new ModelStore(_time, TimeSpan.FromTicks(1), uint.MaxValue);
    }

    [Fact]
    public async Task Decide_RoomForAll_IsWhatTheModelDecides()
    {
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 1_000 }, _time);
        ApplicableLimits[] policies = [.. Enumerable.Range(0, 12).Select(_ => Policy())];
        LimitState[] actual = new LimitState[ApplicableLimits.MaxCount];
        LimitState[] expected = new LimitState[ApplicableLimits.MaxCount];
        for (int i = 0; i < 20_000; i++)
        {
            MoveClocks();
            HistoryVerb verb = _random.Next(10) switch { < 6 => HistoryVerb.Acquire, 6 => HistoryVerb.Peek, 7 => HistoryVerb.Refund, 8 => HistoryVerb.Charge, _ => HistoryVerb.Reset };
            RateLimitRequest request = new(_random.GetItems(policies, 1)[0], StoreFixture.User(_random.Next(3)), _random.Next(1, Tokens + 2));

            RateLimitDecision? decision = await store.DoAsync(verb, request, actual);

            (await _model.DoAsync(verb, request, expected)).ShouldBe(decision, $"step {i} at {_time.Wall:O}");
            if (decision is not null)
            {
                actual.Take(request.Limits.Count).ShouldBe(expected.Take(request.Limits.Count), $"step {i} at {_time.Wall:O}");
            }
        }
    }

    // An evicted bucket leaves its used tokens behind, by both clocks. So a store with room for few never admits what the model refuses.
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task Acquire_CallersEvictOneAnother_GivesNoCallerMoreThanTheModel(int maxKeys)
    {
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = maxKeys }, _time);
        ApplicableLimits[] policies =
        [
            Limits("a", Rate.Calendar(Tokens, CalendarUnit.Hour, "Asia/Kathmandu")),
            Limits("b", Rate.Calendar(Tokens, CalendarUnit.Day, "America/New_York")),
            Limits("c", new Rate(Tokens, TimeSpan.FromMinutes(40))),
            Limits("d", new Rate(Tokens, TimeSpan.FromHours(3), RateLimitAlgorithm.FixedWindow, burst: null, align: false)),
        ];
        int admitted = 0;
        int evicted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            MoveClocks();
            RateLimitRequest request = new(_random.GetItems(policies, 1)[0], StoreFixture.User(_random.Next(12)));
            RateLimitDecision decision = store.Acquire(request, []);
            if (decision.IsAllowed)
            {
                admitted++;
                (await _model.AcquireAsync(request, default, default)).IsAllowed.ShouldBeTrue($"step {i} at {_time.Wall:O}: {request.Limits[0]}");
            }
            else if ((await _model.PeekAsync(request, default, default)).IsAllowed)
            {
                evicted++; // The price for those who come back.
            }
        }

        admitted.ShouldBeGreaterThan(1_000);
        evicted.ShouldBeGreaterThan(0);
        store.EvictionsWithDebt.ShouldBeGreaterThan(100);
    }

    private void MoveClocks()
    {
        _time.Elapsed += TimeSpan.FromSeconds(_random.Next(0, 900));
        _time.Wall += _random.Next(40) switch
        {
            0 => TimeSpan.FromHours(1),
            1 => -TimeSpan.FromHours(1),
            2 => TimeSpan.FromDays(1),
            3 => -TimeSpan.FromDays(1),
            _ => TimeSpan.FromSeconds(_random.Next(0, 900)),
        };
    }

    /// <summary>A policy for one of four tools. Those of one tool differ in their tokens and their time zone.</summary>
    private ApplicableLimits Policy()
    {
        CalendarUnit unit = (CalendarUnit)_random.Next(0, 4);
        Rate calendar = Rate.Calendar(_random.Next(1, Tokens + 1), unit, _random.GetItems(Zones, 1)[0]);
        return Limits(unit.ToString(), unit == CalendarUnit.Day ? [calendar, new Rate(3, TimeSpan.FromMinutes(20))] : calendar);
    }

    private static ApplicableLimits Limits(string tool, RateList rates) =>
        RateLimitPolicy.Build("server", limits => limits.Tool(tool, t => t.PerUser(rates))).Select("tools/call", tool, StoreFixture.User(1));
}
