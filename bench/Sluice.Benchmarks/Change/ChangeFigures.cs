namespace Sluice.Benchmarks;

/// <summary>All figures of changes of the configuration.</summary>
internal static class ChangeFigures
{
    internal static async Task<IReadOnlyList<Figure>> MeasureAsync(bool quick) =>
        [.. await Reloads.MeasureAsync(rounds: quick ? 5 : 20), Simulations.CallsPerSecond(quick)];
}
