using System.Diagnostics;

namespace Sluice.Testing;

/// <summary>
/// Floods two servers that divide one token bucket, until calls are admitted with few commands to Redis, and checks that they never admit more
/// than the limit.
/// </summary>
public static class DividedFlood
{
    /// <summary>The bucket's capacity in tokens.</summary>
    public const int Burst = 300;

    /// <summary>The bucket's tokens a second.</summary>
    public const int Rate = 60;

    private const int CallsOfRound = 50;

    /// <summary>
    /// Calls both servers, each from two callers, in rounds. Ends with the first round that admitted calls and sent Redis less than one command
    /// for four calls. A round in the first seconds admits none: there is no share yet, and 'deny' decides.
    /// </summary>
    public static async Task RunAsync(RedisServer redis, Func<Task<bool>> callFirst, Func<Task<bool>> callSecond)
    {
        ArgumentNullException.ThrowIfNull(redis);
        long start = Stopwatch.GetTimestamp();
        int admitted = 0;
        int calls = 0;
        int runs = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                (int admittedBefore, int callsBefore, int runsBefore) = (admitted, calls, redis.Runs);
                await Task.WhenAll(((Func<Task<bool>>[])[callFirst, callSecond, callFirst, callSecond]).Select(FloodAsync));
                runs = redis.Runs - runsBefore;
                return admitted > admittedBefore && runs < (calls - callsBefore) / 4;
            },
            () => $"{admitted} of {calls} calls admitted; the last round asked Redis {runs} times");
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        admitted.ShouldBeLessThanOrEqualTo(Burst + (int)(Rate * took.TotalSeconds) + 1);

        async Task FloodAsync(Func<Task<bool>> callAsync)
        {
            for (int i = 0; i < CallsOfRound; i++)
            {
                if (await callAsync())
                {
                    Interlocked.Increment(ref admitted);
                }

                Interlocked.Increment(ref calls);
            }
        }
    }
}
