using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>
/// Real processes, a real Redis and real faults: together they admit no more than one exact bucket, over every
/// interval.
/// </summary>
/// <remarks>Seen to fail, when cut off, with a share that never ends.</remarks>
public sealed class ShareFaultTests(ITestOutputHelper output)
{
    private const int Processes = 8;
    private const int ClockMicros = 10; // The wall clock is compared with the monotonic clock to a few microseconds: 0.002 tokens.
    private readonly ConcurrentQueue<(long Micros, bool IsFromShare)> _log = new();

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    [InlineData("flushed")]
    [InlineData("restarted")]
    [InlineData("cut off")]
    public async Task Flood_EightProcessesAndAFault_AdmitNoMoreThanTheExactBucket(string fault)
    {
        using RedisServer server = RedisServer.Start();
        using SwallowingProxy proxy = new(server.Port);
        List<ShareProcess> processes =
        [
            new ShareProcess($"127.0.0.1:{proxy.Port}", _log),
            .. Enumerable.Range(1, Processes - 1).Select(_ => new ShareProcess(server.Configuration, _log)),
        ];
        try
        {
            await AdmitAsync(fromShares: 200);
            switch (fault)
            {
                case "killed":
                    processes[0].Dispose();
                    processes[0] = new ShareProcess(server.Configuration, _log);
                    break;
                case "frozen":
                    processes[0].Freeze(true);
                    await AdmitAsync(fromShares: 0, forMicros: 2 * ShareProgram.TtlMicros);
                    processes[0].Freeze(false);
                    break;
                case "cut off":
                    await AdmitAsync(fromShares: 0, forMicros: 8 * ShareProgram.TtlMicros, meanwhile: proxy.SwallowEstablished);
                    break;
                case "flushed":
                    server.Send("FLUSHALL").ShouldContain("OK");
                    break;
                case "restarted":
                    server.Restart();
                    break;
                default:
                    break;
            }

            await AdmitAsync(fromShares: 200);
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }

        ShouldBeOneBucket(ShareProgram.Numbers, _log);
    }

    [Fact]
    public async Task Flood_PrimaryDiesAndTheReplicaIsPromoted_AdmitsNoMoreThanTheExactBucket()
    {
        using RedisSentinels sentinels = new();
        List<ShareProcess> processes = [.. Enumerable.Range(0, Processes).Select(_ => new ShareProcess(sentinels.Configuration, _log))];
        try
        {
            await AdmitAsync(fromShares: 200);
            sentinels.Primary.Kill();
            await AdmitAsync(fromShares: 200); // More than the shares of the old primary hold.
            sentinels.Replica.Send("ROLE").ShouldStartWith("master");
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }

        ShouldBeOneBucket(ShareProgram.Numbers, _log);
    }

    [Fact]
    public async Task Flood_LimitIsLoweredWhileTheProcessesRun_AdmitsNoMoreThanTheLimitBeforeAndTheOneAfter()
    {
        const long Settled = 4 * ShareProgram.TtlMicros; // Every process has sent messages since, and has had their replies.
        long from;
        using RedisServer server = RedisServer.Start();
        List<ShareProcess> processes = [.. Enumerable.Range(0, Processes).Select(_ => new ShareProcess(server.Configuration, _log))];
        try
        {
            await AdmitAsync(fromShares: 200);
            processes.ForEach(process => process.Change());
            await Eventually.HoldsAsync(() => processes.TrueForAll(process => process.ChangedAt > 0));
            await AdmitAsync(fromShares: 0, forMicros: Settled);
            from = MonotonicMicros.Now;
            await AdmitAsync(fromShares: 200);
        }
        finally
        {
            processes.ForEach(process => process.Dispose());
        }

        long changed = processes.Min(process => process.ChangedAt);
        ShouldBeOneBucket(ShareProgram.Numbers, _log.Where(call => call.Micros < changed));
        ShouldBeOneBucket(ShareProgram.SmallerNumbers, _log.Where(call => call.Micros >= from));
    }

    // Until so many more calls were admitted from shares, and so much time has passed. The processes have the system's clock.
    private Task AdmitAsync(int fromShares, long forMicros = 0, Action? meanwhile = null)
    {
        int goal = _log.Count(call => call.IsFromShare) + fromShares;
        long start = MonotonicMicros.Now;
        return Eventually.HoldsAsync(
            () =>
            {
                meanwhile?.Invoke();
                return _log.Count(call => call.IsFromShare) >= goal && MonotonicMicros.Now - start >= forMicros;
            },
            () => $"{_log.Count} calls admitted",
            Eventually.Patience);
    }

    private void ShouldBeOneBucket(ShareNumbers numbers, IEnumerable<(long Micros, bool IsFromShare)> calls)
    {
        IdealBucket bucket = new(numbers);
        (long Micros, bool IsFromShare)[] log = [.. calls.OrderBy(call => call.Micros)];
        output.WriteLine($"{log.Length} calls admitted, {log.Count(call => call.IsFromShare)} of them from shares");
        log.Count(call => call.IsFromShare).ShouldBeGreaterThan(100); // Else it has tested nothing.
        bucket.Restart(numbers, log[0].Micros * 1000);
        long tolerance = ClockMicros * 1000 * ShareNumbers.Parts;
        foreach ((long micros, _) in log)
        {
            bucket.Charge(numbers.Cost(1), micros * 1000);
            bucket.Level.ShouldBeGreaterThanOrEqualTo(-tolerance, $"{(log[^1].Micros - micros) / 1e6} s before the last call");
        }
    }
}
