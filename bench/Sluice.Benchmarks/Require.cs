namespace Sluice.Benchmarks;

/// <summary>Ends a benchmark that measured something else than its name says.</summary>
internal static class Require
{
    internal static void That(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            throw new InvalidOperationException($"{otherwise} So the benchmark measured something else than its name says.");
        }
    }
}
