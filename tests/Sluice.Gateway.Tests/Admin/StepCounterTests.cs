namespace Sluice.Gateway.Tests.Admin;

public sealed class StepCounterTests
{
    [Fact]
    public void AddTo_CallsInSeveralSteps_GivesEachStepItsCalls()
    {
        StepCounter counter = new(4);
        counter.Count(0, isAllowed: true);
        counter.Count(2, isAllowed: true);
        counter.Count(2, isAllowed: false);
        counter.Count(3, isAllowed: false);

        Read(counter, 3, 4).ShouldBe([[1, 0, 1, 0], [0, 0, 1, 1]]);
    }

    [Fact]
    public void AddTo_StepsThatAreForgotten_AreZero()
    {
        StepCounter counter = new(4);
        counter.Count(1, isAllowed: true);
        counter.Count(6, isAllowed: true);
        counter.Count(1, isAllowed: true); // By a thread that was away for long.

        Read(counter, 6, 4).ShouldBe([[0, 0, 0, 1], [0, 0, 0, 0]]);
        Read(counter, 100, 4).ShouldBe([[0, 0, 0, 0], [0, 0, 0, 0]]);
    }

    [Fact]
    public void AddTo_BeforeTheFirstStep_IsZero()
    {
        StepCounter counter = new(4);
        counter.Count(1, isAllowed: true);

        Read(counter, 1, 4).ShouldBe([[0, 0, 0, 1], [0, 0, 0, 0]]);
    }

    [Fact]
    public void Count_ManyThreadsAcrossSteps_LosesNoCall()
    {
        const int Steps = 200;
        const int Threads = 4;
        StepCounter counter = new(Steps);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            for (int step = 0; step < Steps; step++)
            {
                counter.Count(step, isAllowed: true);
            }
        });

        Read(counter, Steps - 1, Steps)[0].ShouldAllBe(count => count == Threads);
    }

    private static long[][] Read(StepCounter counter, long step, int wanted)
    {
        long[] allowed = new long[wanted];
        long[] refused = new long[wanted];
        counter.AddTo(step, allowed, refused);
        return [allowed, refused];
    }
}
