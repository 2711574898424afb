using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>Slots of processes that die or freeze: real processes, killed and stopped.</summary>
public sealed class LostSlotsTests
{
    private const int Slots = 50;
    // The clock of Redis at the last run, then of each process its id, the number of its last heartbeat, and the clock of Redis then.
    private const string Beats =
        "local t = redis.call('GET', 'slots:heartbeats') local time, last = struct.unpack('<dd', t, 2) local all = {} "
        + "for at = 18, #t, 25 do local n, beat = struct.unpack('<dd', t, at + 8) "
        + "local id = string.gsub(string.sub(t, at, at + 7), '.', function(c) return string.format('%02x', string.byte(c)) end) "
        + "all[#all + 1] = id .. ' ' .. string.format('%.0f %.0f', n, last - (time - beat)) end return table.concat(all, ';')";

    private const int Stop = 19;
    private const int Continue = 18;

    [Fact]
    public async Task Kill_AProcessThatHoldsFiftySlots_ReleasesThemAfterItsHeartbeatHasExpired()
    {
        using RedisServer server = RedisServer.Start();
        await using RedisStore store = await SlotProgram.OpenAsync(server.Configuration);
        using Process holder = Begin(server);
        (await AskAsync(holder, Slots)).Got.ShouldBe(Slots);
        (await SlotProgram.TryAcquireAsync(store)).ShouldBeNull();
        ulong id = (await AskAsync(holder, 0)).Id;

        holder.Kill(); // SIGKILL
        await holder.WaitForExitAsync();
        TimeSpan last = BeatOf(server, id).At;
        long before = BeatOf(server, store.Heartbeat!.Id).Number;
        await UntilFreeAsync(store);

        // By the clock of Redis not before the heartbeat had expired. A busy machine may be late; the witness looks no more often for that.
        (TimeOf(server) - last).ShouldBeGreaterThan(HeartbeatTimes.Trust);
        long looks = BeatOf(server, store.Heartbeat.Id).Number - before;
        (looks * HeartbeatTimes.Interval).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        int acquired = 1;
        while (await SlotProgram.TryAcquireAsync(store) is not null)
        {
            acquired++;
        }

        acquired.ShouldBe(Slots);
    }

    [Fact]
    public async Task Freeze_AProcessThatHoldsFiftySlots_UsesNoneOfThemWhenItWakes()
    {
        using RedisServer server = RedisServer.Start();
        await using RedisStore store = await SlotProgram.OpenAsync(server.Configuration);
        using Process holder = Begin(server);
        (int got, ulong id) = await AskAsync(holder, Slots);
        got.ShouldBe(Slots);

        Signal(holder, Stop);
        List<RateLimitRequest> taken = [await UntilFreeAsync(store)];
        while (await SlotProgram.TryAcquireAsync(store) is RateLimitRequest request)
        {
            taken.Add(request);
        }

        taken.Count.ShouldBe(Slots);
        Signal(holder, Continue);

        // It finds no slot, and its releases of the lost ones free none of those that others hold now.
        (int afterwards, ulong newId) = await AskAsync(holder, 1);
        afterwards.ShouldBe(0);
        newId.ShouldNotBe(id);
        await AskAsync(holder, -Slots);
        (await SlotProgram.TryAcquireAsync(store)).ShouldBeNull();

        await store.ReleaseAsync(taken[0], default);
        (await AskAsync(holder, 1)).Got.ShouldBe(1);
        holder.Kill();
    }

    private static async Task<RateLimitRequest> UntilFreeAsync(RedisStore store)
    {
        while (true)
        {
            if (await SlotProgram.TryAcquireAsync(store) is RateLimitRequest request)
            {
                return request;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250)); // Between two questions to real processes.
        }
    }

    private static (long Number, TimeSpan At) BeatOf(RedisServer server, ulong id)
    {
        string name = Convert.ToHexStringLower(BitConverter.GetBytes(id));
        string[] beat = server.Send("EVAL", Beats, "0").Split(';').Single(entry => entry.StartsWith(name, StringComparison.Ordinal)).Split(' ');
        return (long.Parse(beat[1], CultureInfo.InvariantCulture), TimeSpan.FromMicroseconds(long.Parse(beat[2], CultureInfo.InvariantCulture)));
    }

    private static TimeSpan TimeOf(RedisServer server) => TimeSpan.FromMicroseconds(long.Parse(
        server.Send("EVAL", "local t = redis.call('TIME') return t[1] .. string.format('%06d', tonumber(t[2]))", "0"), CultureInfo.InvariantCulture));

    private static Process Begin(RedisServer server)
    {
        Process process = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(SlotProgram).Assembly.Location, SlotProgram.Word, server.Configuration])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        ProcessGuard.Guard(process);
        return process;
    }

    private static async Task<(int Got, ulong Id)> AskAsync(Process process, int slots)
    {
        await process.StandardInput.WriteLineAsync(slots.ToString(CultureInfo.InvariantCulture));
        await process.StandardInput.FlushAsync();
        string[] answer = (await process.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Patience))!.Split(' ');
        return (int.Parse(answer[0], CultureInfo.InvariantCulture), ulong.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    private static void Signal(Process process, int signal) =>
        Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();
}
