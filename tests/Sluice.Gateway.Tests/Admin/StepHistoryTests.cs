namespace Sluice.Gateway.Tests.Admin;

public sealed class StepHistoryTests
{
    private readonly CallTotals _totals = new();

    [Fact]
    public void AddTo_CallsInSeveralSteps_GivesEachStepItsCalls()
    {
        StepHistory history = new(4, _totals);
        Count(history, 0, isAllowed: true);
        Count(history, 2, isAllowed: true);
        Count(history, 2, isAllowed: false);
        Count(history, 3, isAllowed: false);

        Read(history, 3, 4).ShouldBe([[1, 0, 1, 0], [0, 0, 1, 1]]);
        Read(history, 4, 4).ShouldBe([[0, 1, 0, 0], [0, 1, 1, 0]]);
    }

    [Fact]
    public void AddTo_StepsThatAreForgotten_AreZero()
    {
        StepHistory history = new(4, _totals);
        Count(history, 1, isAllowed: true);
        Count(history, 6, isAllowed: true);

        Read(history, 6, 4).ShouldBe([[0, 0, 0, 1], [0, 0, 0, 0]]);
        Read(history, 6, 8).ShouldBe([[0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0]]);
        Read(history, 100, 4).ShouldBe([[0, 0, 0, 0], [0, 0, 0, 0]]);
    }

    [Fact]
    public void AddTo_CallOfAThreadThatWasAway_CountsInTheRunningStep()
    {
        StepHistory history = new(4, _totals);
        Count(history, 6, isAllowed: true);
        Count(history, 1, isAllowed: true);

        Read(history, 6, 4).ShouldBe([[0, 0, 0, 2], [0, 0, 0, 0]]);
    }

    [Fact]
    public void AddTo_BeforeTheFirstStep_IsZero()
    {
        StepHistory history = new(4, _totals);
        Count(history, 1, isAllowed: true);

        Read(history, 1, 4).ShouldBe([[0, 0, 0, 1], [0, 0, 0, 0]]);
    }

    [Fact]
    public void AddTo_ManyThreadsAcrossSteps_LosesNoCall()
    {
        const int Steps = 200;
        const int Threads = 4;
        StepHistory history = new(Steps, _totals);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (int step = 0; step < Steps; step++)
            {
                Count(history, step, isAllowed: thread != 0);
            }
        });

        long[][] counts = Read(history, Steps - 1, Steps);
        counts[0].Sum().ShouldBe((Threads - 1) * Steps);
        counts[1].Sum().ShouldBe(Steps);
        counts.ShouldAllBe(of => of.All(count => count >= 0 && count <= Threads * Steps));
    }

    private void Count(StepHistory history, long step, bool isAllowed)
    {
        history.Begin(step);
        _totals.Count(isAllowed);
    }

    private static long[][] Read(StepHistory history, long step, int wanted)
    {
        long[] allowed = new long[wanted];
        long[] refused = new long[wanted];
        history.AddTo(step, allowed, refused);
        return [allowed, refused];
    }
}
