using Sluice.AspNetCore;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Serves several servers of the gateway as one, to clients of both eras.</summary>
/// <remarks>
/// <para>
/// A client of the legacy era has one session here, and by it one at each backend. JSON passes as it is: only what routes a message is read
/// and rewritten, which is ids, names, URIs, progress tokens and the protocol's own members of <c>_meta</c>.
/// </para>
/// <para>Source: Model Context Protocol, revisions 2025-11-25 and 2026-07-28, Transports.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed partial class VirtualUpstream : IUpstream, IAsyncDisposable
{
    private const int InvalidRequest = -32600;
    private const int MethodNotFound = -32601;
    private const int InvalidParams = -32602;
    private const int ResourceNotFound = -32002; // As the revision says; it is of the legacy era.

    /// <summary>The most virtual servers behind each other, of this gateway or of others.</summary>
    internal const int MaxHops = 4;

    private readonly string _server;
    private readonly SessionTable _sessions;
    private readonly VirtualBackends _all;
    private readonly CallerViews _views;
    private readonly byte[] _about;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private volatile StdioSettings _settings;

    /// <param name="server">The name of the virtual server.</param>
    /// <param name="configuration">Its backends.</param>
    /// <param name="settings">What may change while sessions are kept.</param>
    /// <param name="parts">What all servers use.</param>
    internal VirtualUpstream(string server, VirtualUpstreamConfiguration configuration, StdioSettings settings, ServerParts parts)
    {
        _server = server;
        _settings = settings;
        _time = parts.Time;
        _logger = parts.Loggers.CreateLogger<VirtualUpstream>();
        _all = new VirtualBackends(server, configuration, parts, _logger);
        _sessions = new SessionTable(
            configuration.MaxSessions,
            configuration.MaxSessionsPerUser,
            configuration.IdleTimeout,
            parts.Time,
            max => Log.SessionEvicted(_logger, server, max));
        _views = new CallerViews(_sessions, _all);
        _about = ProtocolMeta.OfResult(server);
    }

    /// <summary>Takes other bounds. Sessions are kept.</summary>
    internal void Configure(StdioSettings settings)
    {
        VirtualUpstreamConfiguration configuration = settings.Virtual!;
        _settings = settings;
        _sessions.SetBounds(configuration.MaxSessions, configuration.MaxSessionsPerUser, configuration.IdleTimeout);
    }

    public async Task<UpstreamFailure?> ForwardAsync(
        HttpContext context, byte[]? body, McpMessage? message, CallerIdentity caller, CancellationToken ends)
    {
        context.Features.Set(_settings.KeepAlive);
        BackendCalls calls = context.Features.Get<BackendCalls>()
            ?? throw new InvalidOperationException("The endpoint gives no way to the backends.");
        try
        {
            UpstreamFailure? failure = body is not null && message is not null
                ? await PostAsync(context, body, message, caller, calls, ends)
                : await AnswerOtherAsync(context, caller, calls, ends);
            if (failure?.RetryAfter is TimeSpan wait && !context.Response.HasStarted)
            {
                context.Response.Headers.RetryAfter = $"{(long)Math.Ceiling(wait.TotalSeconds)}";
            }

            return failure;
        }
        finally
        {
            await EventStreamBody.EndAsync(context);
        }
    }

    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    /// <summary>A GET, a DELETE or an OPTIONS.</summary>
    private async Task<UpstreamFailure?> AnswerOtherAsync(
        HttpContext context, CallerIdentity caller, BackendCalls calls, CancellationToken ends)
    {
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers.Allow = "GET, POST, DELETE, OPTIONS";
        }
        else if (McpVersions.EraOf(context.Request.Headers[McpVersions.HeaderName]) == McpEra.Modern)
        {
            context.Response.Headers.Allow = "POST";
            await PlainErrors.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "This revision of MCP knows POST only.");
        }
        else if (await SessionRequests.FindAsync(_sessions, context, caller, id: default) is StdioSession front)
        {
            if (HttpMethods.IsDelete(context.Request.Method))
            {
                _sessions.End(front);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
            }
            else
            {
                await StreamAsync(context, front, calls, ends);
            }
        }

        return null;
    }

    private async Task<UpstreamFailure?> PostAsync(
        HttpContext context, byte[] body, McpMessage message, CallerIdentity caller, BackendCalls calls, CancellationToken ends)
    {
        CallerHeaders headers = CallerHeaders.Of(context, _settings.Proxies);
        if (headers.Hops >= MaxHops && message.Kind == McpMessageKind.Request)
        {
            await RejectLoopAsync(context, headers, message);
            return null;
        }

        if (IsModern(context, message))
        {
            return await PostModernAsync(context, body, message, caller, calls, headers, ends);
        }

        if (message is { Method: "initialize", Kind: McpMessageKind.Request })
        {
            return await InitializeAsync(context, body, message, caller, calls, headers);
        }

        if (await SessionRequests.FindAsync(_sessions, context, caller, message.Id) is not StdioSession front)
        {
            return null;
        }

        if (!_sessions.TryBeginCall(front))
        {
            await SessionRequests.WriteNoSessionAsync(context, message.Id);
            return null;
        }

        try
        {
            VirtualRequest request = new(context, body, message, front.Virtual!, calls, headers, front.Virtual!.Client);
            return await (message.Kind switch
            {
                McpMessageKind.Request => AnswerAsync(request),
                McpMessageKind.Response => PassAnswerAsync(request),
                _ => PassNotificationAsync(request),
            });
        }
        finally
        {
            front.EndCall();
        }
    }

    /// <summary>Answers a request that came through too many virtual servers: they lead back to each other.</summary>
    private static async Task RejectLoopAsync(HttpContext context, CallerHeaders headers, McpMessage message)
    {
        await ChargedCall.NotMadeAsync(context);
        await RejectionWriter.WriteAsync(context, McpRejections.RenderError(
            StatusCodes.Status508LoopDetected,
            InvalidRequest,
            $"The request came through {headers.Hops} virtual servers, "
                + $"and at most {MaxHops} are allowed: one of them leads back to itself.",
            message.Id));
    }

    private async Task<UpstreamFailure?> InitializeAsync(
        HttpContext context, byte[] body, McpMessage message, CallerIdentity caller, BackendCalls calls, CallerHeaders headers)
    {
        CallParts parts = CallParts.Read(body);
        if (parts.Params is not Range parameters)
        {
            await WriteErrorAsync(
                context, message.Id, InvalidParams,
                "'initialize' has no 'params'. Send 'protocolVersion', 'capabilities' and 'clientInfo'.");
            return null;
        }

        (StdioSession? front, UpstreamFailure? failure) = await _sessions.CreateAsync(
            caller, SessionOwner.Of(context, caller, _settings.Proxies), context.RequestAborted);
        if (front is null)
        {
            return failure;
        }

        bool isAdded = false;
        try
        {
            VirtualSession session = new(_all, front, ClientFacts.OfInitialize(body[parameters]));
            front.Virtual = session;
            byte[] result = VirtualInitialize.ResultOf(
                _server,
                VirtualInitialize.VersionFor(parts.ProtocolVersion),
                await OpenAllAsync(session, calls, headers, context.RequestAborted));
            isAdded = true;
            _sessions.Add(front);
            context.Response.Headers[SessionRequests.Header] = front.Id;
            await WriteResultAsync(context, message.Id, result);
            return null;
        }
        finally
        {
            if (!isAdded)
            {
                _sessions.Abandon(front);
            }
        }
    }

    /// <summary>Opens all backends, and gives those that answer. A slow one is waited for a bounded time.</summary>
    private async Task<(string Name, OpenedBackend Opened)[]> OpenAllAsync(
        VirtualSession session, BackendCalls calls, CallerHeaders headers, CancellationToken cancellationToken)
    {
        Task<OpenedBackend>[] opening = [.. session.Backends.Select(backend => backend.OpenAsync(calls, headers))];
        await _all.WaitAsync(Task.WhenAll(opening), cancellationToken);
        return
        [
            .. session.Backends
                .Select(backend => (backend.Name, backend.Opened))
                .Where(backend => backend.Opened is not null)
                .Select(backend => (backend.Name, backend.Opened!)),
        ];
    }

    /// <summary>Writes a result of the virtual server's own.</summary>
    private Task WriteResultAsync(VirtualRequest request, ReadOnlyMemory<byte> result) => WriteResultAsync(
        request.Context, request.Message.Id, request.Client.IsModern ? ResultEdit.ForModern(result, isCacheable: false, _about) : result);

    private static Task WriteResultAsync(HttpContext context, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> result) => CallAnswer.SendAsync(
        context, (byte[])[.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. id.Span, .. ",\"result\":"u8, .. result.Span, .. "}"u8], isAnswer: true);

    private static Task WriteErrorAsync(VirtualRequest request, int code, string message, int modernStatus = StatusCodes.Status200OK)
    {
        if (request.Client.IsModern && !request.Context.Response.HasStarted)
        {
            request.Context.Response.StatusCode = modernStatus;
        }

        return WriteErrorAsync(request.Context, request.Message.Id, code, message);
    }

    private static Task WriteErrorAsync(HttpContext context, ReadOnlyMemory<byte> id, int code, string message) =>
        CallAnswer.SendAsync(context, McpRejections.RenderError(StatusCodes.Status200OK, code, message, id).Body, isAnswer: true);

    private static partial class Log
    {
        [LoggerMessage(
            180, LogLevel.Information,
            "A session of the virtual server '{Server}' was evicted because a new one began: its user or address has {Max} sessions "
            + "(maxSessionsPerUser) or more.")]
        internal static partial void SessionEvicted(ILogger logger, string server, int max);

        [LoggerMessage(181, LogLevel.Debug, "A message for the server '{Backend}' of the virtual server '{Server}' was not taken: {Why}.")]
        internal static partial void NotTaken(ILogger logger, string server, string backend, string why);
    }
}
