using System.ComponentModel;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace Sluice.Gateway;

/// <summary>The tools of the demo's server: one that is worth limiting, one that takes its time, and one that answers at once.</summary>
internal static class DemoTools
{
    private const int MaxSeconds = 60;

    internal static McpServerTool[] All(TimeProvider time) => [Search(), SlowCount(time), Echo()];

    internal static McpServerTool Search() => McpServerTool.Create(
        ([Description("Words to look for")] string query) => BookCatalogue.Search(query),
        new() { Name = "search", Description = "Searches a small catalogue of classic books." });

    internal static McpServerTool SlowCount(TimeProvider time) => McpServerTool.Create(
        ([Description("How long to count, in seconds, from 1 to 60")] int seconds,
            IProgress<ProgressNotificationValue> progress,
            CancellationToken cancellationToken) => CountAsync(seconds, progress, time, cancellationToken),
        new() { Name = "slow_count", Description = "Counts seconds, reporting progress." });

    internal static McpServerTool Echo() => McpServerTool.Create(
        ([Description("What to say back")] string message) => $"Echo: {message}",
        new() { Name = "echo", Description = "Says back what it is told." });

    private static async Task<string> CountAsync(
        int seconds, IProgress<ProgressNotificationValue> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        if (seconds is < 1 or > MaxSeconds)
        {
            throw new McpException($"{seconds} is outside 1 to {MaxSeconds} seconds.");
        }

        for (int second = 1; second <= seconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            progress.Report(new() { Progress = second, Total = seconds, Message = $"{second} of {seconds} s" });
        }

        return $"Counted to {seconds}.";
    }
}
