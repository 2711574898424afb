using Sluice.AspNetCore;

namespace Sluice.Gateway;

/// <summary><c>GET /{name}/limits</c>: what is left in the limits of a caller. Nothing is charged.</summary>
/// <remarks>
/// <para>The caller is known by the same credentials as for a call, and sees the buckets of that identity alone.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed partial class UsageEndpoint(IRateLimitStore store, ILogger<UsageEndpoint> logger)
{
    private const string Tool = "tool";

    /// <summary>Answers a request to a server's own limits, which ends with it.</summary>
    internal async Task HandleAsync(HttpContext context, GatewayServer server)
    {
        try
        {
            await AnswerAsync(context, server);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            Log.ClientLeft(logger, server.Name);
        }
        finally
        {
            server.EndRequest();
        }
    }

    private async Task AnswerAsync(HttpContext context, GatewayServer server)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Limits are read by GET.");
            return;
        }

        GatewayAuthentication authentication = server.Configured.Authentication;
        AuthenticationResult identity = AuthenticationResult.NotAsked;
        if (authentication.Authenticator is IAuthenticator authenticator)
        {
            identity = await authenticator.AuthenticateAsync(context, server.Name);
            if (!identity.IsSuccess)
            {
                Log.Unauthenticated(logger, identity.LogLevel, identity.Failure);
                await authentication.Challenges.RejectAsync(context, server, identity);
                return;
            }
        }

        ApiQuery query = ApiQuery.Of(context, Tool);
        string? tool = query.Text(Tool);
        string? wrong = query.Fault ?? (tool is { Length: 0 } ? $"'{Tool}' is empty. Name a tool, or leave it out." : null);
        if (wrong is not null)
        {
            await PlainErrors.WriteAsync(context, StatusCodes.Status400BadRequest, wrong);
            return;
        }

        await WriteAsync(context, server, tool, identity.Caller!);
    }

    private async Task WriteAsync(HttpContext context, GatewayServer server, string? tool, CallerIdentity caller)
    {
        RateLimitPolicy policy = server.Gate.Policy;
        ApplicableLimits[] groups = tool is null
            ? server.OwnLimits.Of(caller)
            : [policy.SelectFor(Methods.ToolsCall, tool, server.Names?.BackendOf(Methods.ToolsCall, tool), caller)];
        List<UsageLimit> limits = [];
        LimitState[] states = new LimitState[ApplicableLimits.MaxCount];
        foreach (ApplicableLimits group in groups)
        {
            if (group.IdentityRequiredBy is RateLimit required)
            {
                limits.Add(new UsageLimit(required.Name, required.ScopeName, required.Capacity, 0, null));
                continue;
            }

            RateLimitDecision decision =
                await store.PeekAsync(new RateLimitRequest(group, caller), states, context.RequestAborted);
            if (decision.Source == DecisionSource.OnStoreFailure)
            {
                context.Response.Headers.RetryAfter = "1";
                await PlainErrors.WriteAsync(
                    context, StatusCodes.Status503ServiceUnavailable, "What is left is not known at the moment. Try again in a second.");
                return;
            }

            for (int i = 0; i < group.Count; i++)
            {
                limits.Add(new UsageLimit(
                    group[i].Name, group[i].ScopeName, group[i].Capacity, states[i].Remaining, ResetAfterMs(group[i], states[i])));
            }

            // Clients bound the size of headers, and a call never meets more limits than a group has.
            if (groups.Length == 1)
            {
                LimitHeaders.WriteOf(context, policy.Settings, decision, group, states.AsSpan(0, group.Count));
            }
        }

        await ApiJson.WriteAsync(context, new UsageAnswer(limits), ApiJson.Default.UsageAnswer);
    }

    // Calls give their slots back when they end, which no clock tells; and the bucket of a limit that admits nothing never fills.
    private static long? ResetAfterMs(RateLimit limit, in LimitState state) =>
        limit.Concurrency is null && !limit.AdmitsNothing ? ApiTime.Milliseconds(state.ResetAfter) : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A client of '{Server}' left before it got its limits.")]
        internal static partial void ClientLeft(ILogger logger, string server);

        [LoggerMessage(EventId = 2, Message = "A request for limits was not authenticated: {Reason}.")]
        internal static partial void Unauthenticated(ILogger logger, LogLevel level, string reason);
    }
}

/// <summary>What a caller has left.</summary>
/// <param name="Limits">Each limit that applies to the caller.</param>
internal sealed record UsageAnswer(IReadOnlyList<UsageLimit> Limits);

/// <summary>What a caller has left of one limit.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="MaxTokens">The size of the bucket; of a limit on concurrency, the slots.</param>
/// <param name="Remaining">Whole tokens, or free slots.</param>
/// <param name="ResetAfterMs">
/// When the bucket is full, if no call comes. Null where that is not known (slots come back when calls end) or never happens (a limit that
/// admits nothing, a limit that rejects the caller for lack of an identity).
/// </param>
internal sealed record UsageLimit(string Limit, string Scope, int MaxTokens, int Remaining, long? ResetAfterMs);
