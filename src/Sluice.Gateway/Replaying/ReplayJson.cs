using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>A replay's report for programs.</summary>
internal static class ReplayJson
{
    internal static string Write(
        ReplayReport report, TraceIndex index, TraceFile file, string before, string after) => JsonSerializer.Serialize(
        new
        {
            report.Calls,
            Allowed = report.AllowedAfter,
            Refused = report.Calls - report.AllowedAfter,
            Before = new { Name = before, Allowed = report.AllowedBefore, Refused = report.Calls - report.AllowedBefore },
            After = new { Name = after, Allowed = report.AllowedAfter, Refused = report.Calls - report.AllowedAfter },
            Differences = new
            {
                Total = report.Different,
                report.NewlyRefused,
                report.NewlyAllowed,
                Otherwise = report.OtherwiseDifferent,
                First = report.FirstDifference,
                Last = report.LastDifference,
            },
            Limits = report.Limits.Select(limit => new { Limit = limit.Key, limit.Value.RefusedBefore, limit.Value.RefusedAfter }),
            Users = report.Callers.Select(caller => new
            {
                User = index.Callers[caller.Key].Shown,
                caller.Value.Calls,
                caller.Value.NewlyRefused,
                caller.Value.NewlyAllowed,
                caller.Value.Otherwise,
                caller.Value.First,
                caller.Value.Last,
            }),
            Trace = new
            {
                First = index.Calls == 0 ? (DateTimeOffset?)null : index.First,
                Last = index.Calls == 0 ? (DateTimeOffset?)null : index.Last,
                index.Runs,
                index.Missing,
                file.BadLines,
                ConfigVersions = index.Versions.Order(StringComparer.Ordinal),
            },
        },
        ExplanationJson.Options);
}
