namespace Sluice.Tests;

public class LogPoolTests
{
    [Fact]
    public void Take_UntilNoneIsLeft_GivesEachOnce()
    {
        LogPool pool = new(3);

        new[] { pool.Take(), pool.Take(), pool.Take(), pool.Take() }.ShouldBe([1u, 2u, 3u, 0u]);
        pool.InUse.ShouldBe(3);
        pool.Give(2);
        pool.InUse.ShouldBe(2);
        pool.Take().ShouldBe(2u);
        pool.Take().ShouldBe(0u);
    }

    [Fact]
    public async Task Take_ManyThreadsFromANewPool_NoChunkBelongsToTwo()
    {
        const int Rounds = 500;
        const int Threads = 3;
        const int Each = 20;
        LogPool[] pools = [.. Enumerable.Range(0, Rounds).Select(_ => new LogPool(Threads * Each))];
        uint[][][] taken = [.. Enumerable.Range(0, Threads).Select(_ => new uint[Rounds][])];
        using Barrier start = new(Threads);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () => TakeFromAll(taken[thread]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        for (int round = 0; round < Rounds; round++)
        {
            taken.SelectMany(of => of[round]).Order().ShouldBe(Enumerable.Range(1, Threads * Each).Select(number => (uint)number));
        }

        void TakeFromAll(uint[][] of)
        {
            for (int round = 0; round < Rounds; round++)
            {
                start.SignalAndWait();
                of[round] = [.. Enumerable.Range(0, Each).Select(_ => pools[round].Take())];
            }
        }
    }

    // Few chunks and many threads: what one has looked at while it takes a chunk, others take and give back in between.
    [Fact]
    public async Task TakeAndGive_ManyThreads_NoChunkBelongsToTwo()
    {
        const int Chunks = 6;
        const int Threads = 4;
        LogPool pool = new(Chunks);
        int[] owners = new int[Chunks + 1];
        int clashes = 0;
        using Barrier start = new(Threads);

        await Task.WhenAll(Enumerable.Range(1, Threads).Select(thread => Task.Factory.StartNew(
            () => TakeAndGive(thread), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        clashes.ShouldBe(0);
        pool.InUse.ShouldBe(0);
        Enumerable.Range(0, Chunks + 1).Select(_ => pool.Take()).Order().ShouldBe([0u, 1u, 2u, 3u, 4u, 5u, 6u]);

        void TakeAndGive(int thread)
        {
            Queue<uint> held = new();
            start.SignalAndWait();
            for (int i = 0; i < 1_500_000; i++)
            {
                if (held.Count < 2 && pool.Take() is uint taken and not 0)
                {
                    if (Interlocked.Exchange(ref owners[taken], thread) != 0)
                    {
                        _ = Interlocked.Increment(ref clashes);
                    }

                    held.Enqueue(taken);
                }
                else if (held.TryDequeue(out uint given))
                {
                    if (Interlocked.Exchange(ref owners[given], 0) != thread)
                    {
                        _ = Interlocked.Increment(ref clashes);
                    }

                    pool.Give(given);
                }
            }

            while (held.TryDequeue(out uint last))
            {
                owners[last] = 0;
                pool.Give(last);
            }
        }
    }
}
