namespace Sluice.Redis.Tests;

public sealed class ServerInstantsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void PassedSince_AnswersTakeDifferentJourneys_CallsLeaveInTheOrderOfTheirInstants()
    {
        ServerInstants instants = new(_time);
        Answer fast = At(sentMs: 0, decidedMs: 1, answeredMs: 2);
        Answer slow = At(sentMs: 10, decidedMs: 11, answeredMs: 60);
        Answer later = At(sentMs: 12, decidedMs: 13, answeredMs: 14);

        double[] leaves = [LeavesAfter(instants, fast, 1_000), LeavesAfter(instants, slow, 1_000), LeavesAfter(instants, later, 1_000)];

        leaves.ShouldBe([1_002, 1_012, 1_014]); // Each a millisecond after its instant, the journey of the fastest answer.
    }

    [Fact]
    public void PassedSince_ClockOfTheServerStepsForward_IsNoMoreThanTheJourney()
    {
        ServerInstants instants = new(_time);
        LeavesAfter(instants, At(sentMs: 0, decidedMs: 5_000, answeredMs: 2), 0);

        // The clock has stepped back by five seconds: the first answer seems to have come early by as much.
        LeavesAfter(instants, At(sentMs: 100, decidedMs: 101, answeredMs: 103), 1_000).ShouldBe(1_100);
    }

    [Fact]
    public void PassedSince_FastAnswerWasLongAgo_DoesNotCountAnyMore()
    {
        ServerInstants instants = new(_time);
        LeavesAfter(instants, At(sentMs: 0, decidedMs: 1, answeredMs: 1), 0);

        LeavesAfter(instants, At(sentMs: 10_000, decidedMs: 10_000, answeredMs: 10_040), 1_000).ShouldBe(11_040);
    }

    private static Answer At(double sentMs, double decidedMs, double answeredMs) => new(sentMs, decidedMs, answeredMs);

    private double LeavesAfter(ServerInstants instants, Answer answer, double delayMs)
    {
        _time.Elapsed = TimeSpan.FromMilliseconds(answer.SentMs);
        long sent = _time.GetTimestamp();
        _time.Elapsed = TimeSpan.FromMilliseconds(answer.AnsweredMs);
        long answered = _time.GetTimestamp();
        TimeSpan passed = instants.PassedSince((ulong)(1_000_000_000 + (answer.DecidedMs * 1_000)), sent, answered);
        return answer.AnsweredMs + delayMs - passed.TotalMilliseconds;
    }

    private sealed record Answer(double SentMs, double DecidedMs, double AnsweredMs);
}
