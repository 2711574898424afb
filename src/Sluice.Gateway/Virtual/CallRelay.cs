using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Carries one call of a client to a backend, and all that comes back for it to the client.</summary>
/// <remarks>Thread safety: one call.</remarks>
internal sealed class CallRelay
{
    private static readonly string[] LimitHeaderNames =
        ["Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

    private readonly HttpContext _context;
    private readonly BackendMessages _messages;
    private readonly BackendSession _backend;
    private readonly LiveCall _call;
    private readonly bool _canStream;
    private bool _isAnswered;
    private bool _hasForeignAnswer;

    /// <param name="context">The client's request.</param>
    /// <param name="messages">Handles what is no answer.</param>
    /// <param name="call">The call.</param>
    internal CallRelay(HttpContext context, BackendMessages messages, LiveCall call)
    {
        _context = context;
        _messages = messages;
        _backend = call.Backend;
        _call = call;
        _canStream = EventStream.IsAccepted(context.Request, EventStream.MediaType);
    }

    /// <summary>Sends the call, and everything back.</summary>
    /// <param name="calls">The way to the backends.</param>
    /// <param name="body">The call, as the backend gets it.</param>
    /// <param name="headers">Its headers.</param>
    /// <returns>Null, or why there is no answer.</returns>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    internal async Task<UpstreamFailure?> RunAsync(BackendCalls calls, byte[] body, BackendHeaders headers)
    {
        BackendAnswer answer = await calls.PostMeteredAsync(
            calls.Server.Backends[_backend.Index], body, headers, OnMessageAsync, _context.RequestAborted);
        bool isLost = answer.Status == StatusCodes.Status404NotFound && headers.SessionId is not null;
        if (isLost)
        {
            _backend.Lose(_call.Opened);
        }
        else if (answer.Failure is { CanHaveRun: false })
        {
            _backend.EvictAll(); // What it has is hidden, unless the next reading finds it back.
        }

        return _isAnswered ? null
            : isLost ? Failure("its session had ended. The next call opens another", canHaveRun: false)
            : answer.Failure is UpstreamFailure failure ? failure with { Reason = ReasonOf(_backend.Name, failure.Reason) }
            : _hasForeignAnswer ? Failure("its answer has the id of another call")
            : answer.Status == StatusCodes.Status401Unauthorized ? Failure("it asks for credentials (401). Give it some by its 'headers'")
            : answer.Status == StatusCodes.Status429TooManyRequests ? await RejectAsync(answer)
            : answer.Status >= StatusCodes.Status400BadRequest ? Failure($"it answered with the status {answer.Status}")
            : Failure("it ended its answer without a result");
    }

    /// <summary>What the gateway says of a backend that did not answer.</summary>
    internal static UpstreamFailure FailureOf(string backend, string why, bool canHaveRun) =>
        new(StatusCodes.Status502BadGateway, ReasonOf(backend, why), CanHaveRun: canHaveRun);

    private static string ReasonOf(string backend, string why) => $"its backend '{backend}' failed: {why}";

    private UpstreamFailure Failure(string why, bool canHaveRun = true) => FailureOf(_backend.Name, why, canHaveRun);

    private async ValueTask OnMessageAsync(BackendResponse response, ReadOnlyMemory<byte> message)
    {
        if (MessageParts.Read(message.Span) is not MessageParts parts)
        {
            _messages.Unreadable(_backend);
            return;
        }

        if (parts.Method is not null)
        {
            await _messages.HandleAsync(_backend, _call.Opened, message, parts, SendNotificationAsync);
            return;
        }

        // Whoever signs in at the gateway, and has a session here, has not lost that when a backend says so.
        bool isOfBackendAlone = response.StatusCode == StatusCodes.Status401Unauthorized
            || (response.StatusCode == StatusCodes.Status404NotFound && _call.Opened.SessionId is not null);
        if (_isAnswered || isOfBackendAlone || response.Outcome?.Failure is not null)
        {
            return;
        }

        if (parts.Id is Range id && MessageParts.KeyOf(message.Span[id]) == _call.Key)
        {
            await AnswerAsync(response, MessageEdit.Apply(message, (id, _call.Id)));
        }
        else if (parts is { Id: null, Error: Range error })
        {
            // An error about a request that its server could not tell the id of: there is one request that it can mean.
            await AnswerAsync(response, [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. _call.Id.Span, .. ",\"error\":"u8, .. message.Span[error], .. "}"u8]);
        }
        else
        {
            _hasForeignAnswer = true;
        }
    }

    private async ValueTask AnswerAsync(BackendResponse response, byte[] answer)
    {
        _isAnswered = true;
        _messages.End(_call); // Progress that comes now is too late.
        BackendOutcome? outcome = response.Outcome;
        if (outcome?.WasNotMade == true)
        {
            await ChargedCall.NotMadeAsync(_context);
        }

        if (outcome?.WasRejected == true)
        {
            answer = BackendError.NameBackend(answer, _backend.Name);
        }

        if (!_context.Response.HasStarted && response.StatusCode != StatusCodes.Status200OK)
        {
            _context.Response.StatusCode = response.StatusCode;
        }

        if (!_context.Response.HasStarted && (outcome?.WasRejected == true || response.StatusCode != StatusCodes.Status200OK))
        {
            CopyLimitHeaders(response.Headers);
        }

        await CallAnswer.SendAsync(_context, MessageEdit.OnOneLine(answer), isAnswer: true);
    }

    private void CopyLimitHeaders(IHeaderDictionary from)
    {
        foreach (string name in LimitHeaderNames)
        {
            if (from[name].Count > 0)
            {
                _context.Response.Headers[name] = from[name];
            }
        }
    }

    /// <summary>A backend's own 429 without an error that clients could read.</summary>
    private async Task<UpstreamFailure?> RejectAsync(BackendAnswer answer)
    {
        await ChargedCall.NotMadeAsync(_context);
        long? seconds = long.TryParse(answer.Headers.RetryAfter.ToString(), System.Globalization.CultureInfo.InvariantCulture, out long wait) ? wait : null;
        Refusal refusal = McpRefusals.RenderError(
            StatusCodes.Status429TooManyRequests,
            StatusCodes.Status429TooManyRequests,
            $"Server '{_backend.Name}': it rejected the call (429){(seconds is null ? "" : $", retry in {seconds} s")}.",
            _call.Id);
        if (!_context.Response.HasStarted)
        {
            await RefusalWriter.WriteAsync(_context, refusal with { RetryAfterSeconds = seconds });
        }
        else
        {
            await EventStream.WriteAsync(_context, refusal.Body);
        }

        _isAnswered = true;
        return null;
    }

    private async ValueTask<bool> SendNotificationAsync(ReadOnlyMemory<byte> message)
    {
        if (!_canStream || _isAnswered)
        {
            return false;
        }

        await CallAnswer.SendAsync(_context, message, isAnswer: false);
        return true;
    }
}
