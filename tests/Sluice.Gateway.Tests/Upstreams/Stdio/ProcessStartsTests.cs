using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

public sealed class ProcessStartsTests
{
    private static readonly CallerIdentity Alice = new("i", "alice", null, null);
    private static readonly CallerIdentity Bob = new("i", "bob", null, null);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryTake_BeyondTheRateOfTheOwner_StatesTheWaitAndServesOthers()
    {
        ProcessStarts starts = Starts(total: 100, perOwner: 2);
        starts.TryTake(Alice).ShouldBeNull();
        starts.TryTake(Alice).ShouldBeNull();

        UpstreamFailure? failure = starts.TryTake(Alice);

        failure!.Status.ShouldBe(503);
        failure.RetryAfter.ShouldBe(TimeSpan.FromSeconds(30));
        starts.TryTake(Bob).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(30));
        starts.TryTake(Alice).ShouldBeNull();
    }

    [Fact]
    public void TryTake_BeyondTheTotalRate_IsRejectedForEveryOwner()
    {
        ProcessStarts starts = Starts(total: 1, perOwner: 5);
        starts.TryTake(Alice).ShouldBeNull();

        starts.TryTake(Bob)!.RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Return_OfAPermission_MakesItAvailableAgain()
    {
        ProcessStarts starts = Starts(total: 1, perOwner: 1);
        starts.TryTake(Alice).ShouldBeNull();

        starts.Return(Alice);

        starts.TryTake(Alice).ShouldBeNull();
    }

    [Fact]
    public void RecordFailure_OfOneOwner_MakesThatOwnerAloneWait()
    {
        ProcessStarts starts = Starts(total: 100, perOwner: 100);
        starts.RecordFailure(Alice);
        starts.RecordFailure(Alice);

        starts.TryTake(Alice)!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(2));
        starts.TryTake(Bob).ShouldBeNull();
        starts.RecordSuccess(Alice);
        starts.TryTake(Alice).ShouldBeNull();
    }

    [Fact]
    public void RecordFailure_OfMoreOwnersThanAreRemembered_ForgetsThoseWhoseWaitIsOver()
    {
        ProcessStarts starts = Starts(total: 100, perOwner: 100);
        for (int owner = 0; owner < ProcessStarts.MaxOwners; owner++)
        {
            starts.RecordFailure(new("i", $"{owner}", null, null));
        }

        _time.Advance(StartGate.FirstWait);
        starts.RecordFailure(Alice);
        starts.RecordFailure(Alice);

        starts.TryTake(Alice)!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(2));
        starts.RecordFailure(new("i", "0", null, null));
        starts.TryTake(new("i", "0", null, null))!.RetryAfter.ShouldBe(StartGate.FirstWait); // Its earlier failure is forgotten.
    }

    [Fact]
    public void RecordCommand_NotStarted_MakesEveryOwnerWait()
    {
        ProcessStarts starts = Starts(total: 100, perOwner: 100);

        starts.RecordCommand(isStarted: false);

        starts.TryTake(Bob)!.RetryAfter.ShouldBe(StartGate.FirstWait);
        starts.RecordCommand(isStarted: true);
        starts.TryTake(Bob).ShouldBeNull();
    }

    private ProcessStarts Starts(int total, int perOwner) =>
        new(new Rate(total, TimeSpan.FromMinutes(1)), new Rate(perOwner, TimeSpan.FromMinutes(1)), _time);
}
