namespace Sluice.Benchmarks;

/// <summary>All figures of the filter in the C# SDK, measured in this run.</summary>
internal static class SdkFigures
{
    private const int QuickPairs = 400;
    private const int Pairs = 4_000;

    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick)
    {
        await using SdkCalls calls = await SdkCalls.StartAsync();
        (double timeRatio, double addedBytes) = await calls.CompareAsync(quick ? QuickPairs : Pairs);
        return
        [
            new("sdk-time-ratio", timeRatio, "x", 1.05),
            new("sdk-allocated", Math.Max(0, Math.Round(addedBytes)), "B", 200),
        ];
    }
}
