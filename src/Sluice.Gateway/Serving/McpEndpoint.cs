using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The path of a call through the gateway: identify, read, decide, then forward or reject.</summary>
/// <remarks>
/// Identity comes before reading, so that an unknown caller cannot make the gateway parse. Only a POST carries a message; what
/// else a session needs (GET, DELETE, OPTIONS) passes unmetered.
/// </remarks>
internal sealed partial class McpEndpoint(
    StreamGate streams,
    ILogger<McpEndpoint> logger,
    CancellationToken cut)
{
    private const int InternalError = -32603;
    private const int SecondsUntilAnotherTry = 5;
    private readonly HeldHttpCalls _held = new();

    /// <summary>Answers a request to a server, which ends with it.</summary>
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
        finally
        {
            server.EndRequest();
        }
    }

    private async Task AnswerAsync(HttpContext context, GatewayServer server)
    {
        long arrived = server.Proxy.Arrive();

        // 1. Identify. A preflight carries no credentials by design and reaches nothing but the upstream's CORS policy.
        string method = context.Request.Method;
        AuthenticationResult identity = AuthenticationResult.NotAsked;
        GatewayAuthentication authentication = server.Configured.Authentication;
        if (authentication.Authenticator is IAuthenticator authenticator && !HttpMethods.IsOptions(method))
        {
            identity = await authenticator.AuthenticateAsync(context, server.Name);
            if (!identity.IsSuccess)
            {
                Log.Unauthenticated(logger, identity.LogLevel, identity.Failure);
                await authentication.Challenges.RejectAsync(context, server, identity);
                return;
            }
        }

        authentication.RemoveKeys(context);
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
            await PostAsync(context, server, identity, arrived);
        }
        else
        {
            context.Response.Headers.Allow = "GET, POST, DELETE, OPTIONS";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{method} is not a method of MCP.");
        }
    }

    private async Task PostAsync(HttpContext context, GatewayServer server, AuthenticationResult identity, long arrived)
    {
        // 2. Read.
        if (await McpBody.ReadAsync(context, server.MaxRequestBytes) is not (byte[] body, McpMessage message))
        {
            server.Gate.Telemetry.CountInvalid();
            return;
        }

        await ServeAsync(context, server, identity, body, message, arrived);
    }

    /// <summary>Decides a message that has been read, and sends it on.</summary>
    /// <param name="context">The request of a client, or that of a virtual server to a backend.</param>
    /// <param name="server">The server.</param>
    /// <param name="identity">Who calls.</param>
    /// <param name="body">The bytes of the message.</param>
    /// <param name="message">What they say.</param>
    /// <param name="arrived">When the request arrived.</param>
    internal async Task ServeAsync(
        HttpContext context, GatewayServer server, AuthenticationResult identity, byte[] body, McpMessage message, long arrived)
    {
        if (server.StrictHeaders && FindMismatch(context.Request.Headers, message) is McpReadError mismatch)
        {
            server.Gate.Telemetry.CountInvalid();
            await RejectionWriter.WriteAsync(context, McpRejections.Render(mismatch));
            return;
        }

        RejectionContext rejectionContext = new(
            message,
            message.EraWith(context.Request.Headers[McpVersions.HeaderName]),
            context.Request.Headers.Accept.Count == 0 ? null : context.Request.Headers.Accept.ToString());
        if (!AllowList.Allows(server.Allow, message, identity.Claims))
        {
            Log.Forbidden(logger, server.Name);
            context.Features.Get<BackendOutcome>()?.NotMade();
            await server.Configured.Authentication.Challenges.ForbidAsync(context, server, identity, rejectionContext);
            return;
        }

        // 3. Decide, hold, and 4. reject.
        _held.CancelNamed(context, body, message, identity.Caller!);
        string? backend = server.Gate.Policy.LimitsBackends && server.Upstream is VirtualUpstream front
            ? await front.FindBackendAsync(context, body, message, identity.Caller!, new BackendCalls(this, server, identity, cut))
            : null;
        if (await _held.DecideAsync(context, server.Gate, message, identity.Caller!, backend) is not GateDecision decision)
        {
            return; // Its client has cancelled it.
        }

        using CallLease lease = decision.Lease;
        LimitHeaders.Write(context, decision);
        if (!decision.IsAllowed)
        {
            context.Features.Get<BackendOutcome>()?.Rejected();
            await RejectionWriter.WriteAsync(context, decision.Render(rejectionContext));
            return;
        }

        // 5. Forward. What is compressed could not be watched.
        using RunningSlots? slots = _held.Watch(context, lease, message, identity.Caller!);
        await using ChargedCall? charged = ChargedCall.Begin(context, lease, message, rejectionContext.Era);
        if (charged is { MustReadBody: true })
        {
            context.Request.Headers.Remove("Accept-Encoding");
        }

        if (message.IsLongStream)
        {
            await StreamAsync(context, server, identity, body, message);
        }
        else
        {
            await ForwardAsync(context, server, identity, body, message, ends: cut);
            server.Proxy.Complete(arrived);
        }
    }

    private static McpReadError? FindMismatch(IHeaderDictionary headers, McpMessage message)
    {
        string? Of(string name) => headers[name].Count == 0 ? null : headers[name].ToString();
        return McpHeaders.FindMismatch(message, Of(McpHeaders.Method), Of(McpHeaders.Name), Of(McpVersions.HeaderName));
    }

    /// <summary>Forwards a long stream, if fewer are open than the limit allows.</summary>
    private async Task StreamAsync(
        HttpContext context, GatewayServer server, AuthenticationResult identity, byte[]? body, McpMessage? message)
    {
        if (!streams.TryOpen(
            server.Configured.Configuration.Streams,
            identity.Caller!,
            server.Link.StreamsEnd,
            out StreamGate.OpenStream? stream,
            out string? reason))
        {
            Log.StreamRefused(logger, server.Name, reason);
            await ChargedCall.NotMadeAsync(context);
            Rejection answer = McpRejections.RenderError(
                StatusCodes.Status503ServiceUnavailable,
                StatusCodes.Status503ServiceUnavailable,
                $"No stream can be opened: {reason}. Close one, or try again later.",
                message?.Id ?? default);
            await RejectionWriter.WriteAsync(context, answer with { RetryAfterSeconds = SecondsUntilAnotherTry });
            return;
        }

        using (stream)
        {
            await ForwardAsync(context, server, identity, body, message, stream.Ended);
        }
    }

    /// <summary>Sends a request on, without a decision, and the answer or an error back.</summary>
    /// <param name="context">The request of a client, or that of a virtual server to a backend.</param>
    /// <param name="server">The server.</param>
    /// <param name="identity">Who calls.</param>
    /// <param name="body">The bytes of the message; null for none.</param>
    /// <param name="message">What they say; null for none.</param>
    /// <param name="ends">Ends the answer where it is a stream without an end of its own.</param>
    internal async Task ForwardAsync(
        HttpContext context,
        GatewayServer server,
        AuthenticationResult identity,
        byte[]? body,
        McpMessage? message,
        CancellationToken ends)
    {
        if (!HttpMethods.IsOptions(context.Request.Method))
        {
            foreach ((string name, string value) in server.Headers)
            {
                context.Request.Headers[name] = value;
            }
        }

        if (server.Backends.Length > 0)
        {
            context.Features.Set(new BackendCalls(this, server, identity, cut));
        }

        Cors.SetOfServer(context, server.AnswersInHttp);
        UpstreamFailure? failure;
        server.Proxy.Active.Begin();
        using (CuttableRequest request = new(context, cut))
        {
            try
            {
                failure = await server.Upstream.ForwardAsync(context, body, message, identity.Caller!, ends);
                failure ??= request.IsStreamCut ? UpstreamFailure.Cut : null;
            }
            catch (Exception exception) when (request.IsCut && exception is (OperationCanceledException or UpstreamBrokeOffException))
            {
                failure = UpstreamFailure.Cut;
            }
            finally
            {
                server.Proxy.Active.End();
            }
        }

        server.Link.Note(failure);
        if (failure is null)
        {
            return;
        }

        context.Features.Get<BackendOutcome>()?.Failed(failure);
        Cors.SetOfServer(context, false);
        Log.UpstreamFailed(logger, server.Name, failure.Reason);
        if (!failure.CanHaveRun)
        {
            await ChargedCall.NotMadeAsync(context); // First, so that the next call of this client finds its tokens.
        }

        Rejection error = McpRejections.RenderError(
            failure.Status,
            InternalError,
            $"The server '{server.Name}' did not answer: {failure.Reason}.",
            message?.Id ?? default);
        if (!context.Response.HasStarted)
        {
            await RejectionWriter.WriteAsync(context, error);
        }
        else if (EventStream.Is(context.Response) && message?.Kind == McpMessageKind.Request)
        {
            await EventStream.EndEventAsync(context);
            await EventStream.WriteAsync(context, error.Body);
        }
        else
        {
            context.Abort(); // Only an aborted connection says that the answer is not complete.
        }
    }
}
