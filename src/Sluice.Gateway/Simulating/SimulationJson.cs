using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>A simulation's report for programs.</summary>
internal static class SimulationJson
{
    internal static string Write(SimulationReport report, IReadOnlyCollection<LimitSuggestion>? suggestions) => JsonSerializer.Serialize(
        new
        {
            report.Start,
            LengthMs = report.Length.TotalMilliseconds,
            report.Calls,
            report.Allowed,
            report.Refused,
            report.Unsatisfiable,
            report.Held,
            LongestDelayMs = report.LongestDelay.TotalMilliseconds,
            CallTimeMs = report.CallTime?.TotalMilliseconds,
            Limits = report.Limits.Select(limit => new
            {
                limit.Server,
                limit.Limit,
                limit.Scope,
                limit.Rate,
                Mode = ExplainedWords.Of(limit.Mode),
                limit.Calls,
                limit.Refused,
                limit.WouldRefuse,
            }),
            Users = report.Users.Select(user => new
            {
                user.User,
                user.Calls,
                user.Allowed,
                user.Refused,
                LongestWaitMs = user.LongestWait.TotalMilliseconds,
            }),
            Series = new { PartMs = report.Length.TotalMilliseconds / SimulationTally.Columns, Allowed = report.AllowedSeries, Refused = report.RefusedSeries },
            Suggestions = suggestions?.Select(suggestion => new
            {
                suggestion.Server,
                suggestion.Limit,
                suggestion.Rate,
                suggestion.Share,
                suggestion.Suggested,
                suggestion.SuggestedShare,
                suggestion.Smaller,
                suggestion.SmallerShare,
            }),
        },
        ExplanationJson.Options);
}
