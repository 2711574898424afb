using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>A process that calls one divided bucket until it is killed, in floods with pauses between them.</summary>
/// <remarks>
/// Arguments: <c>shares REDIS</c>. For each call that it admits it writes the instant in microseconds of the machine's
/// monotonic clock, which all processes share, and <c>s</c> when a share decided it or <c>r</c> when Redis did.
/// </remarks>
internal static class ShareProgram
{
    internal const string Word = "shares";
    internal const int Capacity = 100;
    internal const int Rate = 60;
    internal const long TtlMicros = 1_000_000;
    internal const string Key = "shares-of-processes";

    private static readonly TimeSpan Flood = TimeSpan.FromMilliseconds(1_200);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(2_200);

    internal static ShareNumbers Numbers { get; } = ShareNumbers.Of(Capacity, Rate, TimeSpan.FromSeconds(1))!.Value;

    /// <summary>The machine's monotonic clock.</summary>
    internal static long Micros => (long)((Int128)Stopwatch.GetTimestamp() * 1_000_000 / Stopwatch.Frequency);

    internal static async Task<int> RunAsync(string redis)
    {
        RedisStoreOptions options = new() { Configuration = redis };
        await using IRedisConnection connection =
            StackExchangeConnection.Connect(ClientConfiguration.Of(options), TimeProvider.System, NullLogger.Instance);
        ShareSettings settings = ShareSettings.Of(TimeSpan.FromMicroseconds(TtlMicros));
        await using ShareClient client = new(connection, ShareScript.Standard, Key, settings, TimeProvider.System, NullLogger.Instance);
        client.Start();
        ShareBucket bucket = client.Bucket("bucket", Numbers);
        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        long wall = WallOffset();
        long origin = (long)((Int128)client.OriginTimestamp * 1_000_000 / Stopwatch.Frequency);
        while (true)
        {
            // All processes flood at the same time, when the bucket is full again.
            bool isFlood = Micros % (long)(Flood + Quiet).TotalMicroseconds < Flood.TotalMicroseconds;
            ShareDecision decision = await client.AcquireAsync(bucket, 1);
            if (decision.Outcome == ShareOutcome.Admitted)
            {
                long at = decision.Micros + (decision.IsByServer ? -wall : origin);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at} {(decision.IsByServer ? 'r' : 's')}"));
            }

            await Task.Delay(isFlood ? 3 : 400);
        }
    }

    // Of many readings of both clocks the pair that was read the fastest.
    private static long WallOffset()
    {
        (long Width, long Offset) best = (long.MaxValue, 0);
        for (int i = 0; i < 1_000; i++)
        {
            long before = Micros;
            long wall = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            long width = Micros - before;
            best = width < best.Width ? (width, wall - before) : best;
        }

        return best.Offset;
    }
}
