using Microsoft.Extensions.Logging;

namespace Sluice.Redis.Tests;

public sealed class HeartbeatTests
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Beat_ThreeProcesses_KnowTheirNumberAndRanks()
    {
        HeartbeatScene scene = new();
        Heartbeat[] processes = [scene.Process(), scene.Process(), scene.Process()];
        processes.ShouldAllBe(process => process.Members == new Membership(1, 0, false));

        await HeartbeatScene.BeatAsync(processes);
        await HeartbeatScene.BeatAsync(processes);

        processes.Select(process => process.Members).ShouldBe([new(3, 0, true), new(3, 1, true), new(3, 2, true)]);
    }

    [Fact]
    public async Task Dispose_OneOfThree_LeavesTwo()
    {
        HeartbeatScene scene = new();
        Heartbeat[] processes = [scene.Process(), scene.Process(), scene.Process()];
        await HeartbeatScene.BeatAsync(processes);

        await processes[0].DisposeAsync();
        await HeartbeatScene.BeatAsync(processes[1], processes[2]);

        processes[1].Members.ShouldBe(new Membership(2, 0, true));
        processes[2].Members.ShouldBe(new Membership(2, 1, true));
    }

    // Seen to fail with a table that counts by the server's clock: the step forward forgot all processes.
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(24 * 365)]
    [InlineData(-24 * 365)]
    public async Task Beat_ClockOfRedisSteps_EndsNoProcess(int hours)
    {
        HeartbeatScene scene = new();
        Heartbeat[] processes = [scene.Process(), scene.Process(), scene.Process()];
        await HeartbeatScene.BeatAsync(processes);
        await HeartbeatScene.BeatAsync(processes);

        scene.ServerTime.Advance(TimeSpan.FromHours(hours));
        await HeartbeatScene.BeatAsync(processes[0]);

        processes[0].Members.ShouldBe(new Membership(3, 0, true));
        processes[0].HasEnded(processes[1].Id).ShouldBeFalse();
        await scene.PassAsync(TimeSpan.FromMinutes(1), processes);
        processes.Select(process => process.Members.Rank).ShouldBe([0, 1, 2]);
        processes.ShouldAllBe(process => process.IsAlive && process.Members.Count == 3);
    }

    [Fact]
    public async Task Beat_ProcessVanishes_EndsAfterItsHeartbeatHasExpiredAndWithinFifteenSeconds()
    {
        HeartbeatScene scene = new();
        Heartbeat vanished = scene.Process();
        Heartbeat witness = scene.Process();
        Heartbeat other = scene.Process();
        await HeartbeatScene.BeatAsync(vanished, witness, other);

        TimeSpan since = TimeSpan.Zero;
        while (!other.HasEnded(vanished.Id))
        {
            await scene.PassAsync(HeartbeatTimes.Interval, witness, other);
            since += HeartbeatTimes.Interval;
        }

        since.ShouldBeGreaterThanOrEqualTo(HeartbeatTimes.Validity);
        since.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        vanished.IsAlive.ShouldBeFalse();
        witness.Ended.ShouldBe([vanished.Id]);
    }

    [Fact]
    public async Task Beat_ProcessVanishes_CountsAtItsRankForTenMoreMinutes()
    {
        HeartbeatScene scene = new();
        Heartbeat first = scene.Process();
        Heartbeat vanished = scene.Process();
        Heartbeat last = scene.Process();
        await HeartbeatScene.BeatAsync(first, vanished, last);

        await scene.PassAsync(TenMinutes, first, last);
        first.Members.ShouldBe(new Membership(3, 0, true));
        last.Members.ShouldBe(new Membership(3, 2, true));

        await scene.PassAsync(HeartbeatTimes.Validity + HeartbeatTimes.Interval, first, last);
        first.Members.ShouldBe(new Membership(2, 0, true));
        last.Members.ShouldBe(new Membership(2, 1, true));
        first.HasEnded(vanished.Id).ShouldBeFalse(); // It begins to watch an id that it does not know.
        await scene.PassAsync(HeartbeatTimes.Validity + (2 * HeartbeatTimes.Interval), first, last);
        first.HasEnded(vanished.Id).ShouldBeTrue();
    }

    [Fact]
    public async Task Beat_OnlyProcessCrashesAgainAndAgain_CountsTheLastTenMinutesOnly()
    {
        HeartbeatScene scene = new();
        Membership? members = null;
        for (int i = 0; i < 200; i++)
        {
            Heartbeat process = scene.Process();
            await HeartbeatScene.BeatAsync(process);
            await scene.PassAsync(TimeSpan.FromSeconds(6), process); // It lives for less than a witness needs.
            members = process.Members;
        }

        // 609 s in lives of 6 s and the 0 s between them.
        members!.Count.ShouldBeInRange(100, 104);
    }

    // Seen to fail when a process goes on after it was frozen as if nothing had happened.
    [Fact]
    public async Task Beat_FrozenProcessWakes_HasLostItsIdAndKeepsItsRank()
    {
        HeartbeatScene scene = new();
        Heartbeat frozen = scene.Process();
        Heartbeat witness = scene.Process();
        await HeartbeatScene.BeatAsync(frozen, witness);
        ulong old = frozen.Id;
        List<ulong> lost = [];
        frozen.Lost += lost.Add;

        await scene.PassAsync(TimeSpan.FromSeconds(30), witness);
        witness.HasEnded(old).ShouldBeTrue();
        frozen.IsAlive.ShouldBeFalse(); // It knows before it has asked.

        await HeartbeatScene.BeatAsync(frozen);
        await HeartbeatScene.BeatAsync(witness);

        lost.ShouldBe([old]);
        frozen.Id.ShouldNotBe(old);
        frozen.IsAlive.ShouldBeTrue();
        frozen.Members.ShouldBe(new Membership(2, 0, true));
        witness.HasEnded(frozen.Id).ShouldBeFalse();
    }

    [Fact]
    public async Task Beat_RedisWasAwayForAMinute_EndsNoProcess()
    {
        HeartbeatScene scene = new();
        Heartbeat[] processes = [scene.Process(), scene.Process(), scene.Process()];
        await HeartbeatScene.BeatAsync(processes);
        ulong[] ids = [.. processes.Select(process => process.Id)];

        scene.Pass(TimeSpan.FromMinutes(1));
        processes.ShouldAllBe(process => !process.IsAlive);
        await HeartbeatScene.BeatAsync(processes[0]);
        await HeartbeatScene.BeatAsync(processes[0]);
        await HeartbeatScene.BeatAsync(processes[1], processes[2]);

        processes.Select(process => process.Id).ShouldBe(ids);
        processes.ShouldAllBe(process => process.IsAlive && process.Members.Count == 3);
    }

    [Fact]
    public async Task Beat_TableIsLost_AllRegisterAgain()
    {
        HeartbeatScene scene = new();
        Heartbeat[] processes = [scene.Process(), scene.Process()];
        await HeartbeatScene.BeatAsync(processes);
        ulong[] ids = [.. processes.Select(process => process.Id)];

        RedisServer.Shared.Value.Send("DEL", scene.Key).ShouldBe(":1");
        await HeartbeatScene.BeatAsync(processes);
        await HeartbeatScene.BeatAsync(processes);

        processes.Select(process => process.Members).ShouldBe([new(2, 0, true), new(2, 1, true)]);
        processes.Select(process => process.Id).ShouldNotContain(id => ids.Contains(id));
    }

    [Fact]
    public async Task HasEnded_IdThatIsNotInTheTable_IsTrueOnlyAfterTheValidity()
    {
        HeartbeatScene scene = new();
        Heartbeat asking = scene.Process();
        Heartbeat young = scene.Process();
        await HeartbeatScene.BeatAsync(asking);
        await HeartbeatScene.BeatAsync(young);

        asking.HasEnded(young.Id).ShouldBeFalse();
        asking.HasEnded(12345).ShouldBeFalse();
        await scene.PassAsync(HeartbeatTimes.Validity - HeartbeatTimes.Interval, asking, young);
        asking.HasEnded(12345).ShouldBeFalse();
        await scene.PassAsync(HeartbeatTimes.Interval * 3, asking, young);

        asking.HasEnded(young.Id).ShouldBeFalse();
        asking.HasEnded(12345).ShouldBeTrue();
    }

    [Fact]
    public async Task Beat_TableOfAnotherVersion_ChangesNothingAndIsLoggedOnce()
    {
        HeartbeatScene scene = new();
        CapturedLog lines = new(LogLevel.Information);
        Heartbeat process = scene.Process(lines);
        RedisServer.Shared.Value.Send("SET", scene.Key, "another").ShouldBe("+OK");

        (await process.BeatAsync()).ShouldBeFalse();
        (await process.BeatAsync()).ShouldBeFalse();

        process.Members.ShouldBe(new Membership(1, 0, false));
        lines.Of("HeartbeatFailed").Length.ShouldBe(1);
        RedisServer.Shared.Value.Send("GET", scene.Key).ShouldContain("another");
    }

    /// <summary>Random schedules: heartbeats, freezes, crashes, steps of the server's clock, times without Redis.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Beat_RandomFaults_NoLiveProcessEnds(int seed)
    {
        Random random = new(seed);
        HeartbeatScene scene = new();
        List<Heartbeat> processes = [.. Enumerable.Range(0, 5).Select(_ => scene.Process())];
        int ended = 0;
        for (int i = 0; i < 1_500; i++)
        {
            scene.Pass(TimeSpan.FromMilliseconds(random.Next(3_000)));
            if (random.Next(20) == 0)
            {
                scene.ServerTime.Advance(TimeSpan.FromSeconds(random.Next(-7_200, 7_200)));
            }

            // The first two send often, the others now and then.
            Heartbeat process = processes[random.Next(3) > 0 ? random.Next(2) : random.Next(processes.Count)];
            await process.BeatAsync();
            HashSet<ulong> alive = [.. processes.Where(other => other.IsAlive).Select(other => other.Id)];
            processes.SelectMany(other => other.Ended).ShouldNotContain(id => alive.Contains(id));
            alive.ShouldNotContain(id => processes.Any(other => other.HasEnded(id)));
            ended += process.Ended.Count();
            if (random.Next(100) == 0)
            {
                processes[random.Next(processes.Count)] = scene.Process();
            }
        }

        ended.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Connect_TwoStoresOfOnePrefixAndOneOfAnother_CountThoseOfTheirPrefix()
    {
        using RedisServer server = RedisServer.Start();
        await using RedisStore first = Open(server, "one");
        await using RedisStore second = Open(server, "one");
        await using RedisStore other = Open(server, "two");
        foreach (RedisStore store in (RedisStore[])[first, second, other, first])
        {
            (await store.WarmUpAsync(Eventually.Patience, default)).ShouldBeTrue();
        }

        first.Heartbeat!.Members.Count.ShouldBe(2);
        second.Heartbeat!.Members.Count.ShouldBe(2);
        (first.Heartbeat.Members.Rank + second.Heartbeat.Members.Rank).ShouldBe(1);
        other.Heartbeat!.Members.ShouldBe(new Membership(1, 0, true));
    }

    private static RedisStore Open(RedisServer server, string prefix) => RedisStore.Connect(new RedisStoreOptions
    {
        Configuration = server.Configuration,
        KeyPrefix = prefix,
        LocalMaxKeys = 1_024,
        Timeout = TimeSpan.FromSeconds(5),
    });
}
