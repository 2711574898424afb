using System.Reflection;

namespace Sluice.Tests;

/// <summary>The answer of a store, whose parts share four fields.</summary>
public class RateLimitDecisionTests
{
    private static readonly RateLimit Calendar = StoreFixture.Limits(
        of => of.PerUser([Rate.Calendar(3, CalendarUnit.Day)]), StoreFixture.User(1))[0];

    // The compiler keeps a struct of four fields in registers, and no larger one.
    [Fact]
    public void Fields_OfADecision_AreFour() =>
        typeof(RateLimitDecision).GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Length.ShouldBe(4);

    [Theory]
    [InlineData(RateLimitOutcome.Denied, DecisionSource.Store, 0)]
    [InlineData(RateLimitOutcome.Allowed, DecisionSource.Local, int.MaxValue)]
    [InlineData(RateLimitOutcome.Unsatisfiable, DecisionSource.OnStoreFailure, 7)]
    [InlineData(RateLimitOutcome.Allowed, DecisionSource.OnStoreFailure, -1)]
    public void Parts_SetInAnyOrder_AreReadBack(RateLimitOutcome outcome, DecisionSource source, int remaining)
    {
        RateLimitDecision first = new() { Outcome = outcome, Source = source, Remaining = remaining };
        RateLimitDecision second = new() { Outcome = RateLimitOutcome.Unsatisfiable, Source = DecisionSource.Local, Remaining = -9 };
        second = second with { Remaining = remaining, Source = source, Outcome = outcome };

        first.ShouldBe(second);
        (first.Outcome, first.Source, first.Remaining).ShouldBe((outcome, source, remaining));
        first.IsAllowed.ShouldBe(outcome == RateLimitOutcome.Allowed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void Running_SetAndTakenBack_LeavesTheEndOfAWindow(int running)
    {
        RateLimitDecision decision = new() { Limit = Calendar, Running = running };
        decision.Running.ShouldBe(running);
        decision.ResetsAt.ShouldBeNull();

        (decision with { Running = 0 }).ShouldBe(new RateLimitDecision { Limit = Calendar });

        RateLimitDecision window = new() { Limit = Calendar, ResetsAtTicks = DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay };
        window = window with { Running = 0 };
        window.Running.ShouldBe(0);
        window.ResetsAt!.Value.UtcTicks.ShouldBe(DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay);
        (window with { ResetsAtTicks = 0 }).ResetsAt.ShouldBeNull();
    }
}
