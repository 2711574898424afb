namespace Sluice.Benchmarks;

/// <summary>All figures of the filter in the C# SDK, measured in this run.</summary>
internal static class SdkFigures
{
    private const int QuickPairs = 400;
    private const int Pairs = 4_000;

    internal static IReadOnlyList<Figure> Measure(bool quick) => MeasureAsync(quick ? QuickPairs : Pairs).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(int pairs)
    {
        await using SdkCalls calls = await SdkCalls.StartAsync();
        (double timeRatio, double addedBytes) = await calls.CompareAsync(pairs);
        return
        [
            new("sdk-time-ratio", timeRatio, "x", 1.05),
            new("sdk-allocated", Math.Max(0, Math.Round(addedBytes)), "B", 200),
        ];
    }
}
