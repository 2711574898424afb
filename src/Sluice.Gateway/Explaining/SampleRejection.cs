using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>A rejection of a call, made by the code that rejects calls.</summary>
/// <param name="Form">The form, as configuration spells it.</param>
/// <param name="IsForLegacy">Whether clients of revisions up to 2025-11-25 get it under the configured form.</param>
/// <param name="IsForModern">Whether clients of later revisions get it under the configured form.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The headers that matter.</param>
/// <param name="Body">The body.</param>
internal sealed record SampleRejection(
    string Form, bool IsForLegacy, bool IsForModern, int Status, ImmutableArray<KeyValuePair<string, string>> Headers, JsonNode Body)
{
    private const int MostSlots = 10_000;

    private static readonly (string Name, RejectionForm Form)[] Forms =
        [("http429", RejectionForm.Http429), ("jsonrpc", RejectionForm.JsonRpc), ("toolResult", RejectionForm.ToolResult)];

    /// <summary>
    /// The rejections of the first call that the limits reject when the caller makes call after call at one instant; none when no limit
    /// rejects.
    /// </summary>
    /// <param name="explanation">The call.</param>
    /// <param name="limit">The limit that rejects.</param>
    internal static ImmutableArray<SampleRejection> Of(Explanation explanation, out RateLimit? limit)
    {
        limit = null;
        ApplicableLimits limits = explanation.Call.Limits;
        if (explanation.Policy is not RateLimitPolicy policy || limits.Count == 0)
        {
            return [];
        }

        GateDecision decision = Refuse(policy, limits, explanation.Identity, explanation.At);
        using CallLease lease = decision.Lease;
        if (decision.IsAllowed)
        {
            return [];
        }

        limit = limits.IdentityRequiredBy ?? decision.Answer.Limit;
        McpMessage message = MessageOf(explanation.Request);
        return
        [
            .. from form in Forms
               where form.Form != RejectionForm.ToolResult || explanation.Request.Kind == OperationKind.Tool
               select Render(decision, form.Name, form.Form, message),
        ];
    }

    private static GateDecision Refuse(RateLimitPolicy policy, ApplicableLimits limits, CallerIdentity caller, DateTimeOffset at)
    {
        if (limits.IdentityRequiredBy is not null)
        {
            return new GateDecision(policy.Settings, limits, default, default);
        }

        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = ApplicableLimits.MaxCount * 4 }, new SteppedClock(at));
        RateLimit[] refusing = [.. limits.Limits.ToArray().Where(limit => limit is { Mode: LimitMode.Enforce, AdmitsNothing: false })];
        int calls = refusing.Where(limit => limit.Concurrency is null).Select(limit => limit.Capacity / limits.Cost).DefaultIfEmpty(0).Min();
        int slots = refusing.Select(limit => limit.Concurrency ?? int.MaxValue).DefaultIfEmpty(int.MaxValue).Min();
        if (slots <= Math.Min(calls, MostSlots) || (calls == 0 && slots <= MostSlots))
        {
            for (int call = 0; call < slots; call++)
            {
                store.Acquire(new RateLimitRequest(limits, caller) { Slots = new HeldSlots() }, []);
            }
        }
        else if (calls > 0)
        {
            store.Charge(new RateLimitRequest(limits, caller, calls * limits.Cost));
        }

        CallLease lease = CallLease.Begin(store, new RateLimitRequest(limits, caller));
        return new GateDecision(policy.Settings, limits, store.Acquire(lease.Request, lease.StatesToFill.Span), lease);
    }

    private static SampleRejection Render(GateDecision decision, string name, RejectionForm form, McpMessage message)
    {
        // The body of a tool's result has one field more for modern clients, who are those of the future.
        Rejection rejection = decision.Render(new RejectionContext(message, McpEra.Modern, Accept: null), form);
        List<KeyValuePair<string, string>> headers = [new("Content-Type", rejection.ContentType!)];
        if (rejection.RetryAfterSeconds is long seconds)
        {
            headers.Add(new("Retry-After", $"{seconds}"));
        }

        headers.AddRange(LimitHeaders.Of(decision, services: null));
        bool IsSent(McpEra era) => decision.Render(new RejectionContext(message, era, Accept: null)) is Rejection sent
            && sent.Status == rejection.Status
            && sent.Body.Span.SequenceEqual(decision.Render(new RejectionContext(message, era, Accept: null), form).Body.Span);
        return new SampleRejection(
            name, IsSent(McpEra.Legacy), IsSent(McpEra.Modern), rejection.Status, [.. headers], JsonNode.Parse(rejection.Body.Span)!);
    }

    private static McpMessage MessageOf(ExplainedRequest request)
    {
        JsonObject parameters = request.Operation.Length == 0 ? []
            : new JsonObject { [request.Kind == OperationKind.Resource ? "uri" : "name"] = request.Operation };
        JsonObject body = new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = request.Method, ["params"] = parameters };
        return McpReader.TryRead(Encoding.UTF8.GetBytes(body.ToJsonString()), out McpMessage? message, out McpReadError? error)
            ? message
            : throw new InvalidOperationException(error.Message);
    }
}
