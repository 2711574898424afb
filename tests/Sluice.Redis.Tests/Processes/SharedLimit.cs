using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The limit that the processes share: 30 a minute of a user's, in a minute of three seconds.</summary>
internal static class SharedLimit
{
    internal const int Tokens = 30;

    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private static readonly CallerIdentity User = new("https://issuer.example", "alice", null, null);

    internal static ApplicableLimits Limits { get; } = RateLimitPolicy
        .Build("files", limits => limits.PerUser(new Rate(Tokens, Period)))
        .Select("tools/call", "search", User);

    private static long PeriodMicros => Period.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Whether, over every interval between two admitted calls, no more was admitted than its tokens.</summary>
    internal static bool IsKeptBy(IEnumerable<LoggedCall> log)
    {
        long[] admitted = [.. log.Where(call => call.IsAllowed).Select(call => call.Micros).Order()];
        for (int first = 0; first < admitted.Length; first++)
        {
            for (int last = first; last < admitted.Length; last++)
            {
                if ((last - first + 1 - Tokens) * PeriodMicros > Tokens * (admitted[last] - admitted[first]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>What one bucket in exact arithmetic answers to the calls of a log, at their instants.</summary>
    internal static async Task<bool[]> ByTheModelAsync(IReadOnlyList<LoggedCall> log)
    {
        ManualTimeProvider time = new();
        ModelStore model = new(time, TimeSpan.FromMicroseconds(1), long.MaxValue);
        bool[] verdicts = new bool[log.Count];
        for (int i = 0; i < verdicts.Length; i++)
        {
            time.Elapsed = TimeSpan.FromMicroseconds(log[i].Micros - log[0].Micros);
            verdicts[i] = (await model.AcquireAsync(new RateLimitRequest(Limits, User), default, default)).IsAllowed;
        }

        return verdicts;
    }
}
