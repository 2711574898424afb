using System.Globalization;

namespace Sluice.Benchmarks;

/// <summary>One figure of a run, with its goal.</summary>
/// <param name="Name">Its name in the documentation.</param>
/// <param name="Value">What was measured in this run.</param>
/// <param name="Unit">Its unit: <c>x</c> for a ratio.</param>
/// <param name="Goal">The bound; null for a figure that is there to compare by.</param>
/// <param name="AtLeast">Whether the bound is a floor, and not a ceiling.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? Goal, bool AtLeast = false)
{
    internal bool IsMet => Goal is not double goal || (AtLeast ? Value >= goal : Value <= goal);

    /// <summary>The line that a program reads: <c>figure NAME VALUE UNIT goal GOAL ok|short</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"figure {Name} {Value:0.###} {Unit} goal {(Goal is null ? "none" : AtLeast ? ">=" : "<=")}{Goal:0.###} {(IsMet ? "ok" : "short")}");
}
