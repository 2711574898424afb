namespace Sluice.Tests;

/// <summary>Histories of real threads, held up at random.</summary>
public class LinearizabilityTests
{
    private const int Histories = 1_000;

    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 2, 5, 101, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 3, 4, 102, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 4, 3, 103, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 3, 4, 104, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 3, 4, 105, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 2, 5, 106, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 3, 4, 107, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 4, 3, 108, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 2, 5, 111, true)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 3, 4, 112, true)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 4, 3, 113, true)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 3, 4, 114, true)]
    [InlineData(RateLimitAlgorithm.SlidingWindowCounter, 3, 4, 115, true)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 3, 4, 117, true)]
    public void Engine_RandomHistories_AreLinearizable(RateLimitAlgorithm algorithm, int threads, int each, int seed, bool isSystem) =>
        AreLinearizable(new HistoryMaker(seed, algorithm), threads, each, seed, isSystem);

    // Callers whose override changes, the bucket of a team, and slots that are acquired and released.
    [Theory]
    [InlineData(RateLimitAlgorithm.TokenBucket, 2, 5, 201, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 3, 4, 202, false)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 3, 4, 203, false)]
    [InlineData(RateLimitAlgorithm.SlidingWindow, 3, 4, 204, false)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 2, 5, 211, true)]
    [InlineData(RateLimitAlgorithm.TokenBucket, 3, 4, 212, true)]
    [InlineData(RateLimitAlgorithm.FixedWindow, 3, 4, 213, true)]
    public void Engine_RandomHistoriesOfCallersAndSlots_AreLinearizable(
        RateLimitAlgorithm algorithm, int threads, int each, int seed, bool isSystem) =>
        AreLinearizable(new HistoryMaker(seed, algorithm, hasCallers: true, hasTime: isSystem), threads, each, seed, isSystem);

    private static void AreLinearizable(HistoryMaker maker, int threads, int each, int seed, bool isSystem)
    {
        Operation[][] current = [];
        HistoryRecorder? recorder = null;
        using Barrier barrier = new(threads + 1);
        bool isOver = false;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            ChaosSteps.Seed(seed + number);
            while (true)
            {
                barrier.SignalAndWait();
                if (Volatile.Read(ref isOver))
                {
                    return;
                }

                recorder!.Run(current[number]);
                barrier.SignalAndWait();
            }
        }))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        List<string> wrong = [];
        int overlaps = 0;
        for (int history = 0; history < Histories; history++)
        {
            current = [.. Enumerable.Range(0, threads).Select(_ => maker.Draw(each))];
            recorder = new HistoryRecorder(new EngineTarget<ChaosSteps>(maxKeys: 100, isSystem));
            barrier.SignalAndWait();
            barrier.SignalAndWait();
            Operation[] all = [.. current.SelectMany(operations => operations)];
            overlaps += all.Any(one => all.Any(other => one.CalledAt < other.CalledAt && other.CalledAt < one.ReturnedAt)) ? 1 : 0;
            if (!LinearizabilityChecker.IsLinearizable(all))
            {
                wrong.Add($"seed {seed}, history {history}:\n" + string.Join('\n', all.OrderBy(one => one.CalledAt)));
            }
        }

        Volatile.Write(ref isOver, true);
        barrier.SignalAndWait();
        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        wrong.FirstOrDefault().ShouldBeNull();
        overlaps.ShouldBeGreaterThan(Histories / 20, "the threads hardly met");
    }
}
