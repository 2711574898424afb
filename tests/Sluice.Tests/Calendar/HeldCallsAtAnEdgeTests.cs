namespace Sluice.Tests;

/// <summary>Calls that are held until the edge of a calendar's window, while the two clocks do not run exactly alike.</summary>
/// <remarks>Two readings of both clocks are never exactly as far apart: a thread can be stopped between the one and the other.</remarks>
public sealed class HeldCallsAtAnEdgeTests
{
    private const int Tokens = 3;
    private static readonly TimeSpan UntilTheEdge = TimeSpan.FromSeconds(7);
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 2, 0, 0, TimeSpan.Zero) - UntilTheEdge);
    private readonly InProcessStore _store;
    private readonly RateLimitRequest _request = new(
        StoreFixture.PerUser(Rate.Calendar(Tokens, CalendarUnit.Hour)), StoreFixture.User(1));

    public HeldCallsAtAnEdgeTests() => _store = new InProcessStore(new InProcessStoreOptions { MaxKeys = 100 }, _time);

    // Held calls counted in the window before the edge when the wall clock was a little late, and the new window was admitted twice.
    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public void Reserve_ClocksDifferAtTheEdge_WindowAdmitsItsTokensOnce(int wallAheadMicros)
    {
        Use(Tokens);
        for (int i = 0; i < Tokens; i++)
        {
            Reserve(UntilTheEdge).Decision.IsAllowed.ShouldBeTrue();
        }

        MoveBy(UntilTheEdge, wallAheadMicros);
        Reserve(TimeSpan.Zero).Decision.IsAllowed.ShouldBeFalse();
        MoveBy(TimeSpan.FromMinutes(1), 0);
        Reserve(TimeSpan.Zero).Decision.IsAllowed.ShouldBeFalse();

        MoveBy(TimeSpan.FromHours(1), 0);
        Use(Tokens);
        Reserve(TimeSpan.Zero).Decision.IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Reserve_RandomClocksAndCalls_NoWindowAdmitsMoreThanItsTokens()
    {
        Random random = new(Seeds.Announce(20_261_129));
        Dictionary<DateTimeOffset, int> forwarded = [];
        for (int i = 0; i < 20_000; i++)
        {
            RateLimitReservation answer = Reserve(TimeSpan.FromSeconds(random.Next(60)));
            if (answer.Decision.IsAllowed)
            {
                DateTimeOffset at = _time.Wall + answer.Delay;
                DateTimeOffset hour = new(at.Year, at.Month, at.Day, at.Hour, 0, 0, TimeSpan.Zero);
                forwarded[hour] = forwarded.GetValueOrDefault(hour) + 1;
            }

            MoveBy(TimeSpan.FromSeconds(random.Next(1, 120)), random.Next(0, 2));
        }

        forwarded.Count.ShouldBeGreaterThan(100);
        forwarded.Values.Max().ShouldBeLessThanOrEqualTo(Tokens);
    }

    private void Use(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            Reserve(TimeSpan.Zero).Delay.ShouldBe(TimeSpan.Zero);
        }
    }

    private RateLimitReservation Reserve(TimeSpan maxWait) => _store.Reserve(_request, maxWait, new LimitState[1]);

    private void MoveBy(TimeSpan time, int wallAheadMicros)
    {
        _time.Elapsed += time;
        _time.Wall += time + TimeSpan.FromMicroseconds(wallAheadMicros);
    }
}
