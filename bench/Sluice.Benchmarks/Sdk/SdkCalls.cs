using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;

namespace Sluice.Benchmarks;

/// <summary>A whole call of a tool, from the official client to the official server and back: what does the filter add?</summary>
/// <remarks>
/// Three limits apply: the server's shared one, the user's, and the user's on the tool. A call takes some 40 µs on several
/// threads, of which the filter is a hundredth or two: less than what such a call varies by. So the two are measured in short
/// blocks, in turns and each as often first, and compared block by block.
/// </remarks>
internal sealed class SdkCalls : IAsyncDisposable
{
    private const int CallsPerBlock = 100;
    private const int WarmUpBlocks = 60;
    private readonly Server _bare;
    private readonly Server _limited;

    private SdkCalls(Server bare, Server limited)
    {
        _bare = bare;
        _limited = limited;
    }

    internal static async Task<SdkCalls> StartAsync()
    {
        SdkCalls calls = new(
            await Server.StartAsync(_ => { }),
            await Server.StartAsync(builder => builder.WithRateLimits(limits => limits
                .Shared("2000000000/1s")
                .PerUser("2000000000/1s")
                .Tool("echo", tool => tool.PerUser("2000000000/1s")))));
        for (int block = 0; block < WarmUpBlocks; block++)
        {
            await BlockAsync(calls._bare);
            await BlockAsync(calls._limited);
        }

        return calls;
    }

    /// <summary>The median, over pairs of blocks, of the time with limits over the time without, and of the bytes that limits add to a call.</summary>
    internal async Task<(double TimeRatio, double AddedBytes)> CompareAsync(int pairs)
    {
        double[] ratios = new double[pairs];
        double[] added = new double[pairs];
        for (int pair = 0; pair < pairs; pair++)
        {
            bool isBareFirst = pair % 2 == 0;
            (double firstTime, double firstBytes) = await BlockAsync(isBareFirst ? _bare : _limited);
            (double secondTime, double secondBytes) = await BlockAsync(isBareFirst ? _limited : _bare);
            ratios[pair] = isBareFirst ? secondTime / firstTime : firstTime / secondTime;
            added[pair] = isBareFirst ? secondBytes - firstBytes : firstBytes - secondBytes;
        }

        return (Median(ratios), Median(added));
    }

    public async ValueTask DisposeAsync()
    {
        await _bare.DisposeAsync();
        await _limited.DisposeAsync();
    }

    /// <summary>Ticks and bytes of a call, over a block of them.</summary>
    private static async Task<(double Ticks, double Bytes)> BlockAsync(Server server)
    {
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < CallsPerBlock; i++)
        {
            CallToolResult result = await server.CallAsync(); // A rejection would be an exception.
            Require.That(result.IsError != true, "The tool failed.");
        }

        long ticks = Stopwatch.GetTimestamp() - start;
        return ((double)ticks / CallsPerBlock, (double)(GC.GetTotalAllocatedBytes(precise: true) - bytes) / CallsPerBlock);
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
