using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>An explanation for programs.</summary>
internal static class ExplanationJson
{
    internal static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    internal static string Write(Explanation explanation) => JsonSerializer.Serialize(
        new
        {
            explanation.File,
            explanation.Server,
            explanation.Request.Method,
            Operation = explanation.Request.Operation.Length == 0 ? null : explanation.Request.Operation,
            Backend = explanation.BackendThatCounts,
            Caller = new { explanation.Caller.User, explanation.Caller.Tenant, explanation.Caller.Client, explanation.Caller.Claims },
            explanation.Call.Limits.Cost,
            CostSource = explanation.IsCostWritten ? SourceOf(explanation, explanation.Call.CostPath) : null,
            WaitMs = explanation.Call.Limits.Wait.TotalMilliseconds,
            IdentityRequiredBy = explanation.Call.Limits.IdentityRequiredBy?.Name,
            Limits = explanation.Applicable.Select(limit => Of(explanation, limit.Limit, limit.Of)),
            NotApplied = explanation.LeftOut.Select(left => new { left.Limit, Source = SourceOf(explanation, left.Path), left.Why }),
            Refusals = SampleRejection.Of(explanation, out RateLimit? refusing).Select(rejection => new
            {
                rejection.Form,
                rejection.IsForLegacy,
                rejection.IsForModern,
                rejection.Status,
                Headers = rejection.Headers.ToDictionary(header => header.Key, header => header.Value),
                rejection.Body,
            }),
            RefusedBy = refusing?.Name,
            explanation.Notes,
        },
        Options);

    private static object Of(Explanation explanation, RateLimit limit, ExplainedLimits of) => new
    {
        Limit = limit.Name,
        Scope = limit.ScopeName,
        Source = SourceOf(explanation, limit.Path),
        MaxTokens = limit.Concurrency is null ? limit.MaxTokens : (int?)null,
        RefillPeriodMs = limit.Concurrency is null && limit.Rate.Window is null ? limit.Rate.RefillPeriod.TotalMilliseconds : (double?)null,
        Window = limit.Concurrency is null && limit.Rate.Window is CalendarUnit unit ? RateText.Name(unit) : null,
        limit.Capacity,
        Algorithm = limit.Concurrency is null ? RateText.Name(limit.Rate.Algorithm) : null,
        limit.Concurrency,
        explanation.Call.Limits.Cost,
        Mode = ExplainedWords.Of(limit.Mode),
        Key = explanation.KeyOf(of.Key).ToDictionary(part => part.Part, part => part.Value),
        Overrides = of.Overrides.Select(other => new { Source = SourceOf(explanation, other.Path), other.Matches, other.Decides }),
    };

    private static string SourceOf(Explanation explanation, string path)
    {
        Fault place = explanation.PlaceOf(path);
        return place.Line == 0 ? $"{place.File} {place.Path}" : $"{place.File}:{place.Line}:{place.Column} {place.Path}";
    }
}
