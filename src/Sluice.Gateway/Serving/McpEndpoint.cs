using System.Buffers;
using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The way of a call through the gateway: identify, read, select, decide, then forward or refuse.</summary>
/// <remarks>
/// Identity comes before reading, so that nobody unknown makes the gateway parse. Only a POST carries a message; what
/// else a session needs (GET, DELETE, OPTIONS) passes unmetered.
/// </remarks>
internal sealed partial class McpEndpoint(
    ApiKeyAuthenticator? authenticator,
    IRateLimitStore store,
    ICallObserver? observer,
    ILogger<McpEndpoint> logger,
    CancellationToken stopping)
{
    private const int InternalError = -32603;
    private const int Unauthorized = -32600;

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
        catch (UpstreamBrokeOffException exception)
        {
            Log.UpstreamBrokeOff(logger, server.Name, exception.InnerException?.Message);
            context.Abort();
        }
        catch (BadHttpRequestException exception)
        {
            Log.BadRequest(logger, server.Name, exception.Message);
            context.Abort(); // The body stopped short, so there is no message to answer.
        }
    }

    private async Task AnswerAsync(HttpContext context, GatewayServer server)
    {
        // 1. Identify. A preflight carries no credentials by design and reaches nothing but the upstream's CORS policy.
        string method = context.Request.Method;
        CallerIdentity caller = CallerIdentity.None;
        string? withheldHeader = null;
        if (authenticator is not null && !HttpMethods.IsOptions(method))
        {
            AuthenticationResult identity = authenticator.Authenticate(context.Request.Headers);
            if (!identity.IsSuccess)
            {
                await ChallengeAsync(context, identity.Failure);
                return;
            }

            caller = identity.Caller;
            withheldHeader = identity.ConsumedHeader;
        }

        if (HttpMethods.IsGet(method) || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method))
        {
            await ForwardAsync(context, server, body: null, message: null, caller, withheldHeader);
        }
        else if (HttpMethods.IsPost(method))
        {
            await PostAsync(context, server, caller, withheldHeader);
        }
        else
        {
            context.Response.Headers.Allow = "GET, POST, DELETE, OPTIONS";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{method} is not a method of MCP.");
        }
    }

    private async Task PostAsync(HttpContext context, GatewayServer server, CallerIdentity caller, string? withheldHeader)
    {
        // 2. Read.
        if (await McpBody.ReadAsync(context, RequestBody.DefaultMaxBytes) is not (byte[] body, McpMessage message))
        {
            return;
        }

        // 3. Select.
        ApplicableLimits limits = server.Policy is RateLimitPolicy policy && message.IsMeterable
            ? policy.Select(message.Method, message.Operation, caller)
            : ApplicableLimits.None;
        RefusalContext refusal = new(
            message,
            message.EraWith(context.Request.Headers[McpVersions.HeaderName]),
            context.Request.Headers.Accept.Count == 0 ? null : context.Request.Headers.Accept.ToString());
        if (limits.IdentityRequiredBy is RateLimit required)
        {
            await RefusalWriter.WriteAsync(context, McpRefusals.RenderMissingIdentity(required, server.Policy!.Settings, refusal));
            return;
        }

        // 4. Decide, and 5. refuse.
        if (limits.Count > 0 && !await AdmitAsync(context, server, caller, limits, refusal))
        {
            return;
        }

        // 6. Forward.
        await ForwardAsync(context, server, body, message, caller, withheldHeader);
    }

    /// <summary>Asks the store; a refusal is answered here.</summary>
    private async ValueTask<bool> AdmitAsync(
        HttpContext context, GatewayServer server, CallerIdentity caller, ApplicableLimits limits, RefusalContext refusal)
    {
        LimitState[] buffer = ArrayPool<LimitState>.Shared.Rent(ApplicableLimits.MaxCount);
        try
        {
            Memory<LimitState> states = buffer.AsMemory(0, limits.Count);
            RateLimitDecision decision = await store.AcquireAsync(new(limits, caller), states, context.RequestAborted);
            observer?.Decided(new(
                server.Name, refusal.Message.Method, refusal.Message.Operation, caller, limits, states, decision));
            LimitHeaders.Write(context.Response.Headers, server.Policy!.Settings, limits, states.Span, decision);
            if (decision.IsAllowed)
            {
                return true;
            }

            Log.Refused(logger, server.Name, decision.Limit?.Name, decision.RetryAfter);
            await RefusalWriter.WriteAsync(context, McpRefusals.Render(decision, server.Policy.Settings, limits.Cost, refusal));
            return false;
        }
        finally
        {
            ArrayPool<LimitState>.Shared.Return(buffer);
        }
    }

    private async Task ForwardAsync(
        HttpContext context, GatewayServer server, byte[]? body, McpMessage? message, CallerIdentity caller, string? withheldHeader)
    {
        UpstreamFailure? failure = await server.Upstream.ForwardAsync(context, body, message, caller, withheldHeader, stopping);
        if (failure is null)
        {
            return;
        }

        Log.UpstreamFailed(logger, server.Name, failure.Reason);
        await RefusalWriter.WriteAsync(context, McpRefusals.RenderError(
            failure.Status,
            InternalError,
            $"The server '{server.Name}' did not answer: {failure.Reason}.",
            message?.Id ?? default));
    }

    private Task ChallengeAsync(HttpContext context, string failure)
    {
        Log.Unauthenticated(logger, failure);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return RefusalWriter.WriteAsync(context, McpRefusals.RenderError(
            StatusCodes.Status401Unauthorized, Unauthorized, $"Unauthorized: {failure}.", id: default));
    }
}
