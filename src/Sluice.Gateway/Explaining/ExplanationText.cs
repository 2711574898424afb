using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>An explanation for people.</summary>
internal static class ExplanationText
{
    private const string Indent = "  ";

    private static readonly JsonSerializerOptions Json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, NewLine = "\n" };

    internal static string Write(Explanation explanation)
    {
        StringBuilder text = new();
        string keys = explanation.Caller.Source is string source ? $" (completed from {source})" : "";
        string backend = explanation.BackendThatCounts is string name ? $", for its backend {name}" : "";
        Line(text, $"Call    {explanation.Request} on {explanation.Server}{backend}");
        Line(text, $"Caller  {explanation.Caller}{keys}");
        if (explanation.Call.Limits.Count > 0)
        {
            string where = explanation.IsCostWritten ? Source(explanation, explanation.Call.CostPath) : "the default";
            Line(text, $"Cost    {ExplainedWords.Count(explanation.Call.Limits.Cost, "token")} ({where})");
        }

        if (explanation.Call.Limits.Wait > TimeSpan.Zero)
        {
            Line(text, $"Wait    held for up to {RateText.Duration(explanation.Call.Limits.Wait)} before it is rejected");
        }

        Limits(text, explanation);
        Overrides(text, explanation);
        LeftOut(text, explanation);
        Rejections(text, explanation);
        return text.ToString();
    }

    private static void Limits(StringBuilder text, Explanation explanation)
    {
        if (explanation.Call.Limits.Count == 0)
        {
            Line(text, "");
            Line(text, explanation.Policy is null
                ? $"No limit applies: the server '{explanation.Server}' has no 'rateLimiting'."
                : "No limit applies to this call.");
            return;
        }

        TextTable table = new("limit", "rate", "key", "mode", "written at");
        foreach ((RateLimit limit, ExplainedLimits of) in explanation.Applicable)
        {
            table.Add(limit.Name, ExplainedWords.RateOf(limit), Key(explanation, of), ExplainedWords.Of(limit.Mode), Source(explanation, limit.Path));
        }

        Section(
            text,
            explanation.Call.Limits.Count == 1 ? "One limit applies." : "These limits apply, in the order of deciding. "
                + "All of them must admit the call.",
            table);
        if (explanation.Call.Limits.IdentityRequiredBy is RateLimit required)
        {
            Line(text, "");
            Line(text, $"The call is rejected: '{required.Name}' counts by what this caller lacks, and missingIdentity is reject.");
        }
    }

    private static void Overrides(StringBuilder text, Explanation explanation)
    {
        (ExplainedLimits Of, ExplainedOverride Override)[] all =
            [.. explanation.Call.Considered.Where(of => of.Counts).SelectMany(of => of.Overrides.Select(other => (of, other)))];
        if (all.Length == 0)
        {
            return;
        }

        TextTable table = new("of", "rate", "result", "written at");
        foreach ((ExplainedLimits of, ExplainedOverride other) in all)
        {
            table.Add(
                of.Name ?? of.Path,
                other.Limits.IsEmpty ? "unlimited" : string.Join(", ", other.Limits.Select(ExplainedWords.RateOf)),
                other.Decides ? "decides" : other.Matches ? "matches, but an earlier one decides" : "does not match the caller",
                Source(explanation, other.Path));
        }

        Section(text, "Overrides that were considered. The first that matches decides.", table);
    }

    private static void LeftOut(StringBuilder text, Explanation explanation)
    {
        if (explanation.LeftOut.IsEmpty)
        {
            return;
        }

        TextTable table = new("limit", "why not", "written at");
        foreach (LeftOutLimit left in explanation.LeftOut)
        {
            table.Add(left.Limit, left.Why, Source(explanation, left.Path));
        }

        Section(text, "These do not apply.", table);
    }

    private static void Rejections(StringBuilder text, Explanation explanation)
    {
        ImmutableArray<SampleRejection> rejections = SampleRejection.Of(explanation, out RateLimit? limit);
        if (rejections.IsEmpty)
        {
            if (explanation.Call.Limits.Count > 0)
            {
                Line(text, "");
                Line(text, "No limit rejects this call: none of them is enforced.");
            }

            return;
        }

        Line(text, "");
        Line(text, $"The first rejection of calls that all come at once is by '{limit!.Name}'. In each form it is:");
        foreach (SampleRejection rejection in rejections)
        {
            Line(text, "");
            Line(text, $"{rejection.Form}{SentTo(rejection)}");
            Line(text, $"{Indent}HTTP {rejection.Status}");
            foreach ((string name, string value) in rejection.Headers)
            {
                Line(text, $"{Indent}{name}: {value}");
            }

            foreach (string line in rejection.Body.ToJsonString(Json).Split('\n'))
            {
                Line(text, Indent + line);
            }
        }
    }

    private static string SentTo(SampleRejection rejection) => (rejection.IsForLegacy, rejection.IsForModern) switch
    {
        (true, true) => " (configured: every client gets it)",
        (true, false) => $" (configured: clients before revision {Mcp.McpVersions.FirstModern} get it)",
        (false, true) => $" (configured: clients of revision {Mcp.McpVersions.FirstModern} and later get it)",
        _ => "",
    };

    private static string Key(Explanation explanation, ExplainedLimits of) => of.Key.Count == 0
        ? "one bucket for all callers"
        : string.Join(
            ", ", explanation.KeyOf(of.Key).Select(part => part.Value is null ? $"{part.Part} unknown" : $"{part.Part}={part.Value}"))
            + (of.IsKnown ? "" : explanation.Policy!.Settings.MissingIdentity == MissingIdentity.Reject ? " (rejected)" : " (pooled)");

    private static string Source(Explanation explanation, string path)
    {
        Fault place = explanation.PlaceOf(path);
        return $"{explanation.LineOf(path)} {path}{(place.Path.EndsWith("global", StringComparison.Ordinal) ? " (global)" : "")}";
    }

    private static void Section(StringBuilder text, string title, TextTable table)
    {
        Line(text, "");
        Line(text, title);
        foreach (string line in table.Lines(Indent))
        {
            Line(text, line);
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
