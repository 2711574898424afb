using System.Diagnostics;

namespace Sluice.Mcp;

/// <summary>What traces show of a decision: attributes on the request's span, and a span of the store's answer below it.</summary>
/// <remarks>The attributes are those of ToolHive, so that its queries find these spans too. They name limits, never callers.</remarks>
internal static class CallSpan
{
    /// <summary>The span of the store's answer.</summary>
    internal const string StoreSpan = "sluice.store.acquire";

    internal const string Decision = "rate_limit.decision";
    internal const string RejectedBy = "rate_limit.rejected_by";
    internal const string FailOpen = "rate_limit.fail_open";
    private const string Server = "sluice.server";
    private const string Source = "sluice.source";
    private const string Limit = "sluice.limit";

    // Read once for each call, so that it must cost next to nothing when no listener traces.
    internal static bool IsTraced => SluiceInstruments.Source.HasListeners() || Activity.Current is { Recorded: true };

    /// <summary>Begins the span of the store's answer; null when no listener samples it.</summary>
    internal static Activity? BeginStore(string server)
    {
        Activity? span = SluiceInstruments.Source.StartActivity(StoreSpan);
        span?.SetTag(Server, server);
        return span;
    }

    /// <summary>Notes who answered, and the limit that rejected the call.</summary>
    internal static void Answered(Activity? span, in RateLimitDecision answer)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag(Source, CallLabels.Text(CallLabels.SourceOf(answer)));
            if (answer.Limit is RateLimit limit)
            {
                span.SetTag(Limit, limit.Name);
            }
        }
    }

    /// <summary>Notes the decision on the request's span, or on the store's if the request has no span.</summary>
    internal static void Decided(Activity? request, Activity? store, in GateDecision decision)
    {
        if ((request is { Recorded: true } ? request : store) is Activity span)
        {
            span.SetTag(Decision, decision.IsAllowed ? "allowed" : "rejected");
            span.SetTag(RejectedBy, RejectedByOf(decision));
            span.SetTag(FailOpen, decision is { IsAllowed: true, Answer.Source: DecisionSource.OnStoreFailure });
        }
    }

    /// <summary>The scope and the kind of the limit that rejected the call: <c>per_user_tool</c>.</summary>
    internal static string RejectedByOf(in GateDecision decision) =>
        decision.IsAllowed ? "none"
        : (decision.Limits.IdentityRequiredBy ?? decision.Answer.Limit) is RateLimit limit ? LimitLabels.ScopeAndKind(limit)
        : "store"; // It did not answer, and the configuration rejects calls then.
}
