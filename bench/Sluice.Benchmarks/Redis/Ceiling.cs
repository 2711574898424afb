using System.Diagnostics;
using System.Globalization;
using Sluice.Redis;
using Sluice.Redis.Tests;

namespace Sluice.Benchmarks;

/// <summary>How fast the server answers <c>redis-benchmark</c>, which does nothing else: the most that any client could get.</summary>
internal static class Ceiling
{
    /// <summary>Runs a second of the decision script for a call under four limits, one call a run.</summary>
    internal static double RunsPerSecond(int runs)
    {
        using RedisServer server = RedisServer.Start();
        CallerIdentity caller = new("bench", "user", null, null);
        Rate open = new(100_000_000, TimeSpan.FromSeconds(1));
        ApplicableLimits limits = RateLimitPolicy
            .Build("load", policy => policy.Shared(open).PerUser(open).Tool("search", tool => tool.Shared(open).PerUser(open)))
            .Select("tools/call", "search", caller);
        ScriptRun run = new([new PendingCall(ScriptVerb.Acquire, new RedisLimits(limits, new KeyLayout("sluice")), new CallerKeys(caller), 1)]);

        // redis-benchmark ends an argument at its first zero byte, so the argument stands in the script.
        string argument = string.Concat(run.Argument.Select(b => string.Create(CultureInfo.InvariantCulture, $"\\{b:000}")));
        string text = DecisionScript.Standard.Text.Replace("local argument = ARGV[1]", $"local argument = '{argument}'", StringComparison.Ordinal);
        string hash = server.Send("SCRIPT", "LOAD", text);
        using Process tool = Process.Start(new ProcessStartInfo(
            "redis-benchmark",
            ["-p", server.PortText, "-c", "64", "-P", "8", "-n", runs.ToString(CultureInfo.InvariantCulture), "--csv",
                "EVALSHA", hash, run.Keys.Length.ToString(CultureInfo.InvariantCulture), .. run.Keys])
        {
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("redis-benchmark did not start. ./test.sh installs it.");
        string output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();

        // "test","rps",… and then a line of values, each in quotes.
        string values = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        return double.Parse(values.Split("\",\"")[1].Trim('"'), CultureInfo.InvariantCulture);
    }
}
