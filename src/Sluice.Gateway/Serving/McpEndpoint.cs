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
    GatewayAuthentication authentication,
    IRateLimitStore store,
    StreamGate streams,
    ICallObserver? observer,
    ILogger<McpEndpoint> logger,
    CancellationToken stopping)
{
    private const int InternalError = -32603;
    private const int SecondsUntilAnotherTry = 5;

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
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            Log.BadRequest(logger, server.Name, exception.Message);
            await PlainErrors.WriteAsync(context, exception.StatusCode, "The body came too slowly.");
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
        AuthenticationResult identity = AuthenticationResult.NotAsked;
        if (authentication.Authenticator is IAuthenticator authenticator && !HttpMethods.IsOptions(method))
        {
            identity = await authenticator.AuthenticateAsync(context);
            if (!identity.IsSuccess)
            {
                Log.Unauthenticated(logger, identity.LogLevel, identity.Failure);
                await authentication.Challenges.RefuseAsync(context, identity);
                return;
            }
        }

        if (HttpMethods.IsGet(method))
        {
            await StreamAsync(context, server, identity, body: null, message: null);
        }
        else if (HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method))
        {
            await ForwardAsync(context, server, identity, body: null, message: null, ends: default);
        }
        else if (HttpMethods.IsPost(method))
        {
            await PostAsync(context, server, identity);
        }
        else
        {
            context.Response.Headers.Allow = "GET, POST, DELETE, OPTIONS";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{method} is not a method of MCP.");
        }
    }

    private async Task PostAsync(HttpContext context, GatewayServer server, AuthenticationResult identity)
    {
        // 2. Read.
        if (await McpBody.ReadAsync(context, server.MaxRequestBytes) is not (byte[] body, McpMessage message))
        {
            return;
        }

        if (server.StrictHeaders && FindMismatch(context.Request.Headers, message) is McpReadError mismatch)
        {
            await RefusalWriter.WriteAsync(context, McpRefusals.Render(mismatch));
            return;
        }

        RefusalContext refusal = new(
            message,
            message.EraWith(context.Request.Headers[McpVersions.HeaderName]),
            context.Request.Headers.Accept.Count == 0 ? null : context.Request.Headers.Accept.ToString());
        if (!AllowList.Allows(server.Allow, message, identity.Claims))
        {
            Log.Forbidden(logger, server.Name);
            await authentication.Challenges.ForbidAsync(context, server, refusal);
            return;
        }

        // 3. Select.
        CallerIdentity caller = identity.Caller!;
        ApplicableLimits limits = server.Policy is RateLimitPolicy policy && message.IsMeterable
            ? policy.Select(message.Method, message.Operation, caller)
            : ApplicableLimits.None;
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
        if (message.IsLongStream)
        {
            await StreamAsync(context, server, identity, body, message);
        }
        else
        {
            await ForwardAsync(context, server, identity, body, message, ends: default);
        }
    }

    private static McpReadError? FindMismatch(IHeaderDictionary headers, McpMessage message)
    {
        string? Of(string name) => headers[name].Count == 0 ? null : headers[name].ToString();
        return McpHeaders.FindMismatch(message, Of(McpHeaders.Method), Of(McpHeaders.Name), Of(McpVersions.HeaderName));
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

    /// <summary>Forwards what has no end of its own, as long as there is room for it.</summary>
    private async Task StreamAsync(
        HttpContext context, GatewayServer server, AuthenticationResult identity, byte[]? body, McpMessage? message)
    {
        if (!streams.TryOpen(identity.Caller!, stopping, out StreamGate.OpenStream? stream, out string? refusal))
        {
            Log.StreamRefused(logger, server.Name, refusal);
            Refusal answer = McpRefusals.RenderError(
                StatusCodes.Status503ServiceUnavailable,
                StatusCodes.Status503ServiceUnavailable,
                $"No stream can be opened: {refusal}. Close one, or try again later.",
                message?.Id ?? default);
            await RefusalWriter.WriteAsync(context, answer with { RetryAfterSeconds = SecondsUntilAnotherTry });
            return;
        }

        using (stream)
        {
            await ForwardAsync(context, server, identity, body, message, stream.Ended);
        }
    }

    private async Task ForwardAsync(
        HttpContext context,
        GatewayServer server,
        AuthenticationResult identity,
        byte[]? body,
        McpMessage? message,
        CancellationToken ends)
    {
        UpstreamFailure? failure = await server.Upstream.ForwardAsync(
            context, body, message, identity.Caller!, identity.WithheldHeader, ends);
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
}
