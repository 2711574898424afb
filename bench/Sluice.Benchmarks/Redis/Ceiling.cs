using System.Diagnostics;
using System.Globalization;
using Sluice.Redis;

namespace Sluice.Benchmarks;

/// <summary>How many runs of the script the server manages in a second when <c>redis-benchmark</c> sends them, the fastest sender there is.</summary>
internal static class Ceiling
{
    /// <summary>Runs a second, each of one call, on so many connections with one run on its way on each.</summary>
    /// <returns>Null when the machine has no <c>redis-benchmark</c>.</returns>
    internal static async Task<double?> Measure(BenchedRedis redis, ApplicableLimits limits, int connections, bool quick)
    {
        PendingCall call = new(ScriptVerb.Acquire, new RedisLimits(limits, new KeyLayout("sluice"), new ServerClock(TimeProvider.System)), new CallerKeys(RedisPolicies.Callers[0]), cost: 1);
        ScriptRun run = new([call]);

        // redis-benchmark cannot send every byte, so the argument is written into the script.
        string argument = string.Concat(run.Argument.Select(value => string.Create(CultureInfo.InvariantCulture, $"\\{value:000}")));
        byte[] hash = await redis.Multiplexer.GetServer(redis.Multiplexer.GetEndPoints()[0])
            .ScriptLoadAsync($"local ARGV = {{'{argument}'}}\n{DecisionScript.Standard.Text}");
        using Process? process = Start(
            redis.Port,
            [
                "-c", connections.ToString(CultureInfo.InvariantCulture),
                "-n", quick ? "50000" : "300000",
                "--csv",
                "EVALSHA", Convert.ToHexStringLower(hash),
                run.Keys.Length.ToString(CultureInfo.InvariantCulture), .. run.Keys,
            ]);
        if (process is null)
        {
            return null;
        }

        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Require.That(process.ExitCode == 0, "redis-benchmark failed.");

        // The last line is "test","rps",… of which the test may hold commas and quotes, but no such pair of them.
        return double.Parse(output.TrimEnd().Split('\n')[^1].Split("\",\"")[1], CultureInfo.InvariantCulture);
    }

    private static Process? Start(int port, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(
                "redis-benchmark", ["-p", port.ToString(CultureInfo.InvariantCulture), .. arguments])
            {
                RedirectStandardOutput = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
