using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Prints faults for people, a line each.</summary>
internal static class FaultFormatter
{
    /// <summary>The most faults that are printed; the rest is counted.</summary>
    public const int MaxPrinted = 100;

    /// <summary>The lines, without a last line end.</summary>
    public static string Format(ImmutableArray<Fault> faults)
    {
        IEnumerable<string> lines = faults.Take(MaxPrinted).Select(fault => fault.ToString());
        return string.Join(
            Environment.NewLine,
            faults.Length > MaxPrinted ? lines.Append($"… and {faults.Length - MaxPrinted} more faults.") : lines);
    }
}
