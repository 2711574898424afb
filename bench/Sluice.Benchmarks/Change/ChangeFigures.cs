namespace Sluice.Benchmarks;

/// <summary>All figures of changes of the configuration.</summary>
internal static class ChangeFigures
{
    internal static IReadOnlyList<Figure> Measure(bool quick) => [Simulations.CallsPerSecond(quick)];
}
