using System.Diagnostics;
using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>Slots of processes that die or freeze: real processes, killed and stopped.</summary>
[Collection(Alone.Name)]
public sealed class LostSlotsTests
{
    private const int Slots = 50;
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

        holder.Kill(); // SIGKILL
        Stopwatch since = Stopwatch.StartNew();
        await UntilFreeAsync(store);

        // Its last heartbeat was at most one interval before the kill.
        since.Elapsed.ShouldBeGreaterThan(HeartbeatTimes.Validity - HeartbeatTimes.Interval);
        since.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "It is 15 s on a machine that is not short of CPU.");
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
        string[] answer = (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)))!.Split(' ');
        return (int.Parse(answer[0], CultureInfo.InvariantCulture), ulong.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    private static void Signal(Process process, int signal) =>
        Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();
}
