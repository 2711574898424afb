using System.Diagnostics;

namespace Sluice.Redis.Tests;

/// <summary>Several processes, one limit: what they admit together is what one bucket would.</summary>
/// <remarks>Seen to fail with a script whose clock stands still, and with a store in each process.</remarks>
public sealed class ManyProcessesTests
{
    private static readonly int[] RightClocks = [0, 0, 0];
    private static readonly int[] WrongClocks = [-1, 0, 1];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acquire_TwiceTheRateRoundRobinOverThree_AdmitsWhatOneBucketWould(bool areClocksWrong)
    {
        using RedisServer server = RedisServer.Start();

        List<LoggedCall> log = await RoundRobinAsync(server.Configuration, areClocksWrong ? WrongClocks : RightClocks);

        await ShouldBeOneBucketAsync(log);
        log.Count(call => !call.IsAllowed).ShouldBeGreaterThan(0);
    }

    /// <summary>The same with a store in each process: every one of them admits all that it sees.</summary>
    [Fact]
    public async Task Acquire_TwiceTheRateRoundRobinOverThreeWithoutRedis_AdmitsTooMuch()
    {
        List<LoggedCall> log = await RoundRobinAsync(WorkerProgram.Memory, RightClocks, calls: 0);

        log.ShouldAllBe(call => call.IsAllowed);
        SharedLimit.IsKeptBy(log).ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acquire_EightProcessesHammer_AdmitWhatOneBucketWould(bool areClocksWrong)
    {
        const int Processes = 8;
        const int Calls = 1_000;
        using RedisServer server = RedisServer.Start();
        WorkerProcess[] workers =
        [
            .. Enumerable.Range(0, Processes).Select(i => new WorkerProcess(server.Configuration, areClocksWrong ? (i % 3) - 1 : 0)),
        ];
        try
        {
            List<LoggedCall>[] logs = await Task.WhenAll(workers.Select(worker => worker.CallAsync(Calls, concurrent: 8)));

            logs.ShouldAllBe(log => log.Count == Calls);
            await ShouldBeOneBucketAsync([.. logs.SelectMany(log => log)]);
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }
    }

    private static async Task ShouldBeOneBucketAsync(IEnumerable<LoggedCall> log)
    {
        // Of calls in one microsecond it is not known which came first; the admitted ones did.
        LoggedCall[] merged = [.. log.OrderBy(call => call.Micros).ThenByDescending(call => call.IsAllowed)];
        SharedLimit.IsKeptBy(merged).ShouldBeTrue();
        merged.Select(call => call.IsAllowed).ShouldBe(await SharedLimit.ByTheModelAsync(merged));
    }

    /// <summary>
    /// Calls at twice the rate, evenly, one process after another; and then as many calls of each process at once as the limit admits. A busy
    /// machine may be too slow for twice the rate.
    /// </summary>
    private static async Task<List<LoggedCall>> RoundRobinAsync(string store, int[] skewHours, int calls = 4 * SharedLimit.Tokens)
    {
        WorkerProcess[] workers = [.. skewHours.Select(hours => new WorkerProcess(store, hours))];
        try
        {
            await Task.WhenAll(workers.Select(worker => worker.CallAsync(0))); // Until all are there.
            List<LoggedCall> log = [];
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
            {
                TimeSpan due = SharedLimit.Period * i / (2 * SharedLimit.Tokens);
                TimeSpan left = due - Stopwatch.GetElapsedTime(start);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero); // The server's clock is the one that counts.
                log.AddRange(await workers[i % workers.Length].CallAsync(1));
            }

            log.AddRange((await Task.WhenAll(workers.Select(worker => worker.CallAsync(SharedLimit.Tokens)))).SelectMany(some => some));
            log.Count.ShouldBe(calls + (workers.Length * SharedLimit.Tokens));
            return log;
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }
    }
}
