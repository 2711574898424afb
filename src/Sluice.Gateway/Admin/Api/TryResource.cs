namespace Sluice.Gateway;

/// <summary><c>POST /api/v1/try</c>: what a call would get now. Nothing is charged.</summary>
internal static class TryResource
{
    private static readonly string[] Fields = ["server", "operation", "name", "backend", "cost", .. NamedCaller.Fields];

    internal static void Map(WebApplication application, RunningGateway gateway) =>
        application.MapPost("/api/v1/try", context => AnswerAsync(context, gateway));

    private static async Task AnswerAsync(HttpContext context, RunningGateway gateway)
    {
        if (await ApiBody.ReadAsync(context, gateway.Configuration.Admin?.Token is not null, Fields) is not ApiBody body)
        {
            return;
        }

        string name = body.Required("server");
        string operation = body.Text("operation") ?? "tools/call";
        string called = body.Text("name") ?? "";
        int? cost = body.Count("cost");
        string? backend = body.Text("backend");
        CallerIdentity caller = NamedCaller.Read(body, gateway.Configuration.Auth);
        if (body.Fault is string fault)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
            return;
        }

        if (gateway.Servers.FirstOrDefault(known => known.Name == name) is not GatewayServer server)
        {
            await ServersResource.WriteUnknownAsync(context, gateway, name);
            return;
        }

        string[] backends = [.. server.Backends.Select(known => known.Name)];
        if (backend is not null && !backends.Contains(backend, StringComparer.Ordinal))
        {
            await ApiErrors.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                backends.Length == 0
                    ? $"'backend' is for virtual servers, and '{name}' is none. Remove it."
                    : $"'backend' is {Configuration.Shown.Quote(backend)}, which is not a backend of '{name}'. "
                        + NearestName.Advice(backend, backends));
            return;
        }

        backend ??= server.Names?.BackendOf(operation, called);
        if (!McpMethods.IsKnown(operation) && server.Gate.Policy.Explain(operation, called, backend, caller).Considered.IsEmpty)
        {
            await ApiErrors.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                $"'operation' is {Configuration.Shown.Quote(operation)}, which is no method of MCP, and no limit of '{name}' is on it. "
                    + McpMethods.Advice(operation));
            return;
        }

        await ApiJson.WriteAsync(
            context, await TryAsync(gateway, server, operation, called, backend, caller, cost, context.RequestAborted), ApiJson.Default.TryAnswer);
    }

    private static async ValueTask<TryAnswer> TryAsync(
        RunningGateway gateway,
        GatewayServer server,
        string operation,
        string called,
        string? backend,
        CallerIdentity caller,
        int? cost,
        CancellationToken cancellationToken)
    {
        RateLimitPolicy policy = server.Gate.Policy;
        ExplainedCall explained = policy.Explain(operation, called, backend, caller);
        ApplicableLimits limits = explained.Limits;
        IEnumerable<TryLimit> others = policy.Limits
            .Where(limit => limits.Limits.IndexOf(limit) < 0 && !limits.Limits.ToArray().Any(applied => applied.Name == limit.Name))
            .DistinctBy(limit => limit.Name, StringComparer.Ordinal)
            .Select(limit => NotApplied(limit, NotAppliedReason.Of(limit, operation, explained, caller)));
        if (limits.IdentityRequiredBy is RateLimit required)
        {
            TryLimit rejecting = NotApplied(required, NotAppliedReason.OfMissingParts(required, caller)) with { Applies = true, Allowed = false };
            return new TryAnswer("refused", null, "none", [rejecting, .. others]);
        }

        if (limits.Count == 0)
        {
            return new TryAnswer("unmetered", 0, "none", [.. others]);
        }

        RateLimitRequest request = new(limits, caller, cost ?? limits.Cost);
        LimitState[] states = new LimitState[limits.Count];
        RateLimitDecision decision = await gateway.Store.PeekAsync(request, states, cancellationToken);
        return new TryAnswer(
            decision.Outcome switch
            {
                RateLimitOutcome.Allowed => "allowed",
                RateLimitOutcome.Unsatisfiable => "unsatisfiable",
                _ => "refused",
            },
            ApiTime.Wait(decision.RetryAfter),
            Mcp.CallLabels.Text(Mcp.CallLabels.SourceOf(decision)),
            [.. states.Select((state, index) => Applied(limits, index, state, decision, request.Cost)), .. others]);
    }

    private static TryLimit Applied(ApplicableLimits limits, int index, in LimitState state, in RateLimitDecision decision, int cost)
    {
        RateLimit limit = limits[index];
        int price = limit.Concurrency is null ? cost : 1;
        if (IsUnknown(limit, decision.Source))
        {
            string? rejection = decision.IsAllowed || decision.Source == DecisionSource.Local ? null : Rejection(limits, limit);
            return new TryLimit(
                limit.Name,
                limit.ScopeName,
                null,
                limit.Capacity,
                price,
                Allowed: rejection is null,
                RetryAfterMs: null,
                Applies: true,
                $"Redis does not answer, so its level is not known{rejection}.");
        }

        bool isAllowed = state.Outcome == RateLimitOutcome.Allowed;
        return new TryLimit(
            limit.Name,
            limit.ScopeName,
            state.Remaining,
            limit.Capacity,
            price,
            isAllowed || limit.Mode == LimitMode.Permissive,
            ApiTime.Wait(state.RetryAfter),
            Applies: true,
            isAllowed ? null
                : limit.Mode == LimitMode.Permissive ? "It is permissive: it would reject the call if it were enforced."
                : state.Outcome == RateLimitOutcome.Unsatisfiable ? "The call costs more than its bucket ever holds."
                : limit.Concurrency is not null ? "No slot is free."
                : "Its bucket lacks the tokens.");
    }

    // In an outage this process counts for some limits; what the others show is no bucket's level.
    private static bool IsUnknown(RateLimit limit, DecisionSource source) => source switch
    {
        DecisionSource.Store => false,
        DecisionSource.Local => limit.Concurrency is not null || limit.OnStoreFailure is StoreFailureMode.Allow or StoreFailureMode.Deny,
        _ => true,
    };

    /// <summary>Why a limit rejects a call that no bucket decides; null where another limit rejects it.</summary>
    private static string? Rejection(ApplicableLimits limits, RateLimit limit) =>
        limit.Mode == LimitMode.Permissive ? null
        : limits.Limits.ToArray().Any(other => other is { OnStoreFailure: StoreFailureMode.Deny, Mode: LimitMode.Enforce })
            ? limit.OnStoreFailure == StoreFailureMode.Deny ? ", and its onStoreFailure is deny" : null
        : limit.OnStoreFailure == StoreFailureMode.Share ? ", and the part of this process is smaller than the cost of the call"
        : null;

    private static TryLimit NotApplied(RateLimit limit, string why) =>
        new(limit.Name, limit.ScopeName, null, limit.Capacity, null, Allowed: true, RetryAfterMs: null, Applies: false, why);
}

/// <summary>What a call would get.</summary>
/// <param name="Outcome"><c>allowed</c>, <c>refused</c>, <c>unsatisfiable</c> or <c>unmetered</c>.</param>
/// <param name="RetryAfterMs">The wait until it would be admitted; null where waiting does not help.</param>
/// <param name="Source">Who decided: <c>store</c>, <c>local</c>, <c>open</c>, <c>closed</c>, or <c>none</c> where no store was
/// asked.</param>
/// <param name="Limits">The limits of the server: first those that apply, in the order of the decision.</param>
internal sealed record TryAnswer(string Outcome, long? RetryAfterMs, string Source, IReadOnlyList<TryLimit> Limits);

/// <summary>What a limit would answer.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="Level">Whole tokens, or free slots; null for a limit that does not apply, and while the store does not answer.</param>
/// <param name="MaxTokens">The size of its bucket.</param>
/// <param name="Cost">What the call would cost there; null for a limit that does not apply.</param>
/// <param name="Allowed">Whether it lets the call through.</param>
/// <param name="RetryAfterMs">Its wait; null where waiting does not help, and for a limit that does not apply.</param>
/// <param name="Applies">Whether it applies to the call.</param>
/// <param name="Why">Why it rejects the call, does not apply, or has no known level; else null.</param>
internal sealed record TryLimit(
    string Limit, string Scope, int? Level, int MaxTokens, int? Cost, bool Allowed, long? RetryAfterMs, bool Applies, string? Why);
