using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A process that calls one divided bucket until it is killed, in floods with pauses between them.</summary>
/// <remarks>
/// Arguments: <c>shares REDIS</c>. For each call that it admits it writes the instant in microseconds of the machine's
/// monotonic clock, which all processes share, and <c>s</c> when a share decided it or <c>r</c> when Redis did. When it reads a line it
/// changes to the smaller limit, and writes the instant and <c>c</c>; no call after that has the limit from before.
/// </remarks>
internal static class ShareProgram
{
    internal const string Word = "shares";
    internal const int Capacity = 100;
    internal const int Rate = 60;
    internal const int SmallerCapacity = 50;
    internal const int SmallerRate = 30;
    internal const long TtlMicros = 1_000_000;
    internal const string Prefix = "processes";

    private static readonly TimeSpan Flood = TimeSpan.FromMilliseconds(1_200);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(2_200);

    internal static ShareNumbers Numbers { get; } = ShareNumbers.Of(Capacity, Rate, TimeSpan.FromSeconds(1))!.Value;

    /// <summary>The numbers of the smaller limit.</summary>
    internal static ShareNumbers SmallerNumbers { get; } = ShareNumbers.Of(SmallerCapacity, SmallerRate, TimeSpan.FromSeconds(1))!.Value;

    internal static async Task<int> RunAsync(string redis)
    {
        RedisStoreOptions options = new()
        {
            Configuration = redis,
            KeyPrefix = Prefix,
            Shares = new RedisSharesOptions { Ttl = TimeSpan.FromMicroseconds(TtlMicros) },
        };
        await using RedisStore store = RedisStore.Connect(options);
        ApplicableLimits limits = LimitsOf(Rate, Capacity);
        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        long wall = MonotonicMicros.WallOffset();
        store.Admitted = (micros, isByServer) =>
        {
            long origin = MonotonicMicros.Of(store.ShareClients.Single().OriginTimestamp);
            long at = micros + (isByServer ? -wall : origin);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at} {(isByServer ? 'r' : 's')}"));
        };
        Task<string?> change = Task.Run(Console.In.ReadLine);
        while (true)
        {
            if (change is { IsCompletedSuccessfully: true, Result: not null })
            {
                limits = LimitsOf(SmallerRate, SmallerCapacity);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{MonotonicMicros.Now} c"));
                change = Task.FromResult<string?>(null);
            }

            // All processes flood at the same time, when the bucket is full again.
            bool isFlood = MonotonicMicros.Now % (long)(Flood + Quiet).TotalMicroseconds < Flood.TotalMicroseconds;
            await store.AcquireAsync(new RateLimitRequest(limits, CallerIdentity.None), default, default);
            await Task.Delay(isFlood ? 3 : 400);
        }
    }

    private static ApplicableLimits LimitsOf(int rate, int capacity) => RateLimitPolicy
        .Build("server", policy => policy
            .Shared(new Rate(rate, TimeSpan.FromSeconds(1), RateLimitAlgorithm.TokenBucket, capacity, align: false))
            .OnStoreFailure(StoreFailureMode.Deny))
        .Select("tools/call", "search", CallerIdentity.None);
}
