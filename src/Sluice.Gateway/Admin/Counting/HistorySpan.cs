using System.Diagnostics.CodeAnalysis;

namespace Sluice.Gateway;

/// <summary>A time up to now for which calls are counted by steps.</summary>
/// <param name="Name">The name in requests.</param>
/// <param name="StepSeconds">The length of a step.</param>
/// <param name="Steps">How many steps there are, the running one among them.</param>
internal sealed record HistorySpan(string Name, int StepSeconds, int Steps)
{
    internal static HistorySpan FiveMinutes { get; } = new("5m", 1, 300);

    internal static HistorySpan Hour { get; } = new("1h", 10, 360);

    /// <summary>Reads a name; a missing one is five minutes.</summary>
    internal static bool TryParse(string name, [NotNullWhen(true)] out HistorySpan? span)
    {
        span = name == FiveMinutes.Name ? FiveMinutes
            : name == Hour.Name ? Hour
            : null;
        return span is not null;
    }
}
