using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Serves a program that speaks MCP over its standard streams to clients that speak it over HTTP, in both eras.</summary>
/// <remarks>
/// <para>
/// Legacy clients get a session by <c>initialize</c>, with a process of its own or one that all sessions share. Modern clients
/// have no sessions, and what they say holds all that it needs, so they share a process.
/// </para>
/// <para>Source: Model Context Protocol, revisions 2025-11-25 and 2026-07-28, Transports.</para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed partial class StdioUpstream : IUpstream, IAsyncDisposable
{
    private const string ListenMethod = "subscriptions/listen";

    private readonly string _server;
    private readonly CommandUpstreamConfiguration _command;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _cut;
    private readonly ProcessStarts _starts;
    private readonly SessionTable _sessions;
    private readonly SharedProcess _modern;
    private readonly SharedProcess? _shared;
    private readonly CallAnswer _lastingAnswer;
    private volatile StdioSettings _settings;

    internal StdioUpstream(
        string server,
        CommandUpstreamConfiguration command,
        StdioSettings settings,
        CallDrain drain,
        TimeProvider time,
        ILogger<StdioUpstream> logger)
    {
        _server = server;
        _command = command;
        _settings = settings;
        _time = time;
        _logger = logger;
        _cut = drain.Cut;
        _starts = new ProcessStarts(command.StartRate, command.StartRatePerUser, time);
        _sessions = new SessionTable(
            command.MaxSessions,
            command.MaxSessionsPerUser,
            command.IdleTimeout,
            time,
            maxSessionsPerUser => Log.SessionEvicted(logger, server, maxSessionsPerUser));
        _modern = new SharedProcess(onEnd => Start(AnswerRequest, onEnd), initializes: false, () => _settings.Timeout, time);
        _shared = command.Instances == CommandInstances.Shared
            ? new SharedProcess(onEnd => Start(Distribute, onEnd), initializes: true, () => _settings.Timeout, time)
            : null;
        _lastingAnswer = new CallAnswer(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>Takes other bounds. Sessions, processes and what was counted are kept.</summary>
    internal void Configure(StdioSettings settings)
    {
        CommandUpstreamConfiguration command = settings.Command!;
        _settings = settings;
        _sessions.SetBounds(command.MaxSessions, command.MaxSessionsPerUser, command.IdleTimeout);
        _starts.SetRates(command.StartRate, command.StartRatePerUser);
    }

    public async Task<UpstreamFailure?> ForwardAsync(
        HttpContext context,
        byte[]? body,
        McpMessage? message,
        CallerIdentity caller,
        CancellationToken ends)
    {
        context.Features.Set(_settings.KeepAlive);
        try
        {
            return await AnswerAsync(context, body, message, caller, ends);
        }
        finally
        {
            await EventStreamBody.EndAsync(context);
        }
    }

    private async Task<UpstreamFailure?> AnswerAsync(
        HttpContext context, byte[]? body, McpMessage? message, CallerIdentity caller, CancellationToken ends)
    {
        if (body is not null && message is not null)
        {
            UpstreamFailure? failure = await PostAsync(context, body, message, caller, ends);
            if (failure?.RetryAfter is TimeSpan wait)
            {
                context.Response.Headers.RetryAfter = $"{(long)Math.Ceiling(wait.TotalSeconds)}";
            }

            return failure;
        }

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
        else if (await SessionRequests.FindAsync(_sessions, context, caller, id: default) is StdioSession session)
        {
            await UseAsync(context, session, ends);
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(
            _sessions.DisposeAsync().AsTask(),
            _modern.DisposeAsync().AsTask(),
            _shared?.DisposeAsync().AsTask() ?? Task.CompletedTask);
    }

    /// <summary>A GET or a DELETE.</summary>
    private async Task UseAsync(HttpContext context, StdioSession session, CancellationToken ends)
    {
        if (HttpMethods.IsDelete(context.Request.Method))
        {
            _sessions.End(session);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        session.Touch();
        try
        {
            await session.Stream.SendAsync(context, ends);
        }
        finally
        {
            session.Touch();
        }
    }

    private async Task<UpstreamFailure?> PostAsync(
        HttpContext context, byte[] body, McpMessage message, CallerIdentity caller, CancellationToken ends)
    {
        if (message is { Method: "initialize", Kind: McpMessageKind.Request })
        {
            return _shared is null
                ? await InitializeOwnAsync(context, body, caller)
                : await InitializeSharedAsync(context, body, message, caller, _shared);
        }

        if (message.EraWith(context.Request.Headers[McpVersions.HeaderName]) == McpEra.Modern)
        {
            return await PostModernAsync(context, body, message, ends);
        }

        if (await SessionRequests.FindAsync(_sessions, context, caller, message.Id) is not StdioSession session)
        {
            return null;
        }

        if (!_sessions.TryBeginCall(session))
        {
            await SessionRequests.WriteNoSessionAsync(context, message.Id);
            return null;
        }

        try
        {
            return _shared is null
                ? await PostToOwnAsync(context, body, message, session)
                : await PostToSharedAsync(context, body, message, session, _shared);
        }
        finally
        {
            session.EndCall();
        }
    }

    private async Task<UpstreamFailure?> PostModernAsync(
        HttpContext context, byte[] body, McpMessage message, CancellationToken ends)
    {
        (StdioConnection? process, UpstreamFailure? failure) = await _modern.GetAsync(version: null, context.RequestAborted);
        if (process is null)
        {
            return failure;
        }

        if (message.Kind != McpMessageKind.Request)
        {
            // Nothing says whose call a cancellation means: leaving is the way to cancel.
            if (message.Method != "notifications/cancelled")
            {
                process.Send(body);
            }

            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return null;
        }

        bool lasts = message.Method == ListenMethod;
        StdioCall call = process.Begin(body, owner: null, EventStream.IsAccepted(context.Request, EventStream.MediaType));
        using CancellationTokenSource leave =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lasts ? ends : _cut);
        return await (lasts ? _lastingAnswer : Answer).SendAsync(context, process, call, _server, leave.Token);
    }

    /// <summary>Whose bounds a session counts against: the user's, or the address' where no user is known.</summary>
    private CallerIdentity OwnerOf(HttpContext context, CallerIdentity caller) => SessionOwner.Of(context, caller, _settings.Proxies);

    private CallAnswer Answer => new(_settings.Timeout, _time);

    private StdioConnection Start(StdioConnection.ServerMessageHandler onServerMessage, Action<StdioConnection> onEnd)
    {
        try
        {
            return StdioConnection.Start(_server, _command, _time, _logger, onServerMessage, onEnd);
        }
        catch (CommandNotStartedException exception)
        {
            Log.NotStarted(_logger, _server, exception.Message);
            throw;
        }
    }
}
