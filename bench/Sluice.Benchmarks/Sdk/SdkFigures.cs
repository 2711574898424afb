namespace Sluice.Benchmarks;

/// <summary>All figures of the filter in the C# SDK, measured in this run.</summary>
internal static class SdkFigures
{
    internal static IReadOnlyList<Figure> Measure(bool quick)
    {
        double added = AddedBytes.MeasureAsync().GetAwaiter().GetResult(); // First, while nothing else allocates.
        Measurements calls = Measurements.Of<SdkCalls>(quick);
        return
        [
            new("sdk-time-ratio", calls.Median(nameof(SdkCalls.Limited)) / calls.Median(nameof(SdkCalls.Bare)), "x", 1.05),
            new("sdk-allocated", Math.Max(0, Math.Round(added)), "B", 200),
        ];
    }
}
