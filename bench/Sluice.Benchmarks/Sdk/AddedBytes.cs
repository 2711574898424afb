using ModelContextProtocol.Protocol;

namespace Sluice.Benchmarks;

/// <summary>The bytes that the filter adds to an allowed call, from the difference of many calls with it and without.</summary>
internal static class AddedBytes
{
    private const int Calls = 4_000;
    private const int Rounds = 5;

    /// <summary>The median over rounds of both, one after the other, so that what the runtime allocates beside is in both.</summary>
    internal static async Task<double> MeasureAsync()
    {
        SdkCalls calls = new();
        await calls.StartAsync();
        await PerCallAsync(calls.Bare);
        await PerCallAsync(calls.Limited);
        double[] added = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            double bare = await PerCallAsync(calls.Bare);
            added[round] = await PerCallAsync(calls.Limited) - bare;
        }

        await calls.StopAsync();
        return added.Order().ElementAt(Rounds / 2);
    }

    private static async Task<double> PerCallAsync(Func<ValueTask<CallToolResult>> call)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Calls; i++)
        {
            await call();
        }

        return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;
    }
}
