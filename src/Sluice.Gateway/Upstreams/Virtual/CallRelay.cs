using System.Diagnostics.CodeAnalysis;
using Sluice.AspNetCore;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Carries one call of a client to a backend, and all that comes back for it to the client.</summary>
/// <remarks>Thread safety: one call.</remarks>
internal sealed class CallRelay
{
    private static readonly string[] LimitHeaderNames =
        ["Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

    private const int MaxQuietResumptions = 5;
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly BackendMessages _messages;
    private readonly BackendSession _backend;
    private readonly LiveCall _call;
    private readonly byte[] _about;
    private HttpContext _context;
    private bool _canStream;
    private bool _isAnswered;
    private bool _hasForeignAnswer;

    /// <param name="context">The client's request.</param>
    /// <param name="messages">Handles what is no answer.</param>
    /// <param name="call">The call.</param>
    /// <param name="about">What the virtual server says about itself in results of the modern era.</param>
    internal CallRelay(HttpContext context, BackendMessages messages, LiveCall call, byte[] about)
    {
        Attach(context);
        _messages = messages;
        _backend = call.Backend;
        _call = call;
        _about = about;
    }

    /// <summary>
    /// The result in which the backend asks for input that a client of the legacy era gets asked for; null for any other.
    /// </summary>
    internal ReadOnlyMemory<byte>? InputRequired { get; private set; }

    /// <summary>
    /// Takes a question of a backend to a client that gets it as its result; false where it cannot be asked. Null for other calls.
    /// </summary>
    internal Func<ReadOnlyMemory<byte>, MessageParts, ValueTask<bool>>? OnQuestion { private get; init; }

    /// <summary>Goes on with another request of the client.</summary>
    [MemberNotNull(nameof(_context))]
    internal void Attach(HttpContext context)
    {
        _context = context;
        _canStream = EventStream.IsAccepted(context.Request, EventStream.MediaType);
    }

    /// <summary>Ends the client's request with a result that is not the last one. Nothing is sent before <see cref="Attach"/>.</summary>
    internal Task SuspendAsync(byte[] result) => CallAnswer.SendAsync(
        _context,
        MessageEdit.OnOneLine((byte[])[.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. _call.Id.Span, .. ",\"result\":"u8, .. result, (byte)'}']),
        isAnswer: true);

    /// <summary>Sends the call, and everything back.</summary>
    /// <param name="calls">The way to the backends.</param>
    /// <param name="body">The call, as the backend gets it.</param>
    /// <param name="headers">Its headers.</param>
    /// <param name="left">Is cancelled when the client leaves, where that ends the call.</param>
    /// <returns>Null, or why there is no answer.</returns>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    internal async Task<UpstreamFailure?> RunAsync(BackendCalls calls, byte[] body, BackendHeaders headers, CancellationToken left)
    {
        using CancellationTokenSource aborted = CancellationTokenSource.CreateLinkedTokenSource(left, _call.Cancelling.Token);
        BackendAnswer answer;
        try
        {
            answer = await calls.PostMeteredAsync(calls.Server.Backends[_backend.Index], body, headers, OnMessageAsync, aborted.Token);
            await ResumeAsync(calls, headers, answer, aborted.Token);
        }
        catch (OperationCanceledException) when (!left.IsCancellationRequested)
        {
            return _isAnswered ? null : Failure("its client cancelled the call");
        }

        bool isLost = answer.Status == StatusCodes.Status404NotFound && headers.SessionId is not null;
        if (isLost)
        {
            _backend.Lose(_call.Opened);
        }
        else if (answer.Failure is { CanHaveRun: false })
        {
            _backend.EvictAll(); // What it has is hidden, unless the next reading finds it back.
        }

        return _isAnswered || InputRequired is not null ? null
            : isLost ? Failure("its session had ended. The next call opens another", canHaveRun: false)
            : answer.Failure is UpstreamFailure failure ? failure with { Reason = ReasonOf(_backend.Name, failure.Reason) }
            : _hasForeignAnswer ? Failure("its answer has the id of another call")
            : answer.Status == StatusCodes.Status401Unauthorized ? Failure("it asks for credentials (401). Give it some by its 'headers'")
            : answer.Status == StatusCodes.Status429TooManyRequests ? await RejectAsync(answer)
            : answer.Status >= StatusCodes.Status400BadRequest ? Failure($"it answered with the status {answer.Status}")
            : Failure("it ended its answer without a result");
    }

    /// <summary>Comes back for the rest of an answer, where the backend ended the stream and gave its events ids.</summary>
    /// <remarks>Source: Model Context Protocol, revision 2025-11-25, Transports, Resumability and Redelivery.</remarks>
    private async Task ResumeAsync(BackendCalls calls, BackendHeaders headers, BackendAnswer ended, CancellationToken aborted)
    {
        string id = ended.LastEventId;
        int? retry = ended.Retry;
        for (int quiet = 0; !_isAnswered && !_call.Opened.IsModern && id.Length > 0 && quiet < MaxQuietResumptions; quiet++)
        {
            TimeSpan pause = retry is int milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : UsualPause;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, _messages.Time, aborted);
            BackendAnswer next = await calls.SendAsync(
                calls.Server.Backends[_backend.Index], HttpMethods.Get, headers with { LastEventId = id }, OnMessageAsync, aborted, aborted);
            if (next.Status >= StatusCodes.Status400BadRequest || next.Failure is { CanHaveRun: false })
            {
                return; // It does not keep what it sent.
            }

            quiet = next.LastEventId.Length > 0 ? 0 : quiet;
            id = next.LastEventId.Length > 0 ? next.LastEventId : id;
            retry = next.Retry ?? retry;
        }
    }

    /// <summary>What the gateway says of a backend that did not answer.</summary>
    internal static UpstreamFailure FailureOf(string backend, string why, bool canHaveRun) =>
        new(StatusCodes.Status502BadGateway, ReasonOf(backend, why), CanHaveRun: canHaveRun);

    private static string ReasonOf(string backend, string why) => $"its backend '{backend}' failed: {why}";

    private UpstreamFailure Failure(string why, bool canHaveRun = true) => FailureOf(_backend.Name, why, canHaveRun);

    private async ValueTask OnMessageAsync(BackendResponse response, ReadOnlyMemory<byte> message)
    {
        if (_call.Opened.Has(BackendCapabilities.Tasks) && MessageParts.Read(message.Span) is { Method: null })
        {
            message = TaskIds.ForClient(message, _backend.Name, _call.Method);
        }

        if (MessageParts.Read(message.Span) is not MessageParts parts)
        {
            _messages.Unreadable(_backend);
            return;
        }

        if (parts.Method == "notifications/message"
            && _call.Client.IsModern
            && !LogLevels.AreWanted(_call.Client.LogLevel, message.Span))
        {
            return;
        }

        if (parts is { Method: not null, Id: not null } && OnQuestion is not null && await OnQuestion(message, parts))
        {
            return;
        }

        if (parts.Method is not null)
        {
            await _messages.HandleAsync(_backend, _call.Opened, message, parts, SendNotificationAsync);
            return;
        }

        // A backend's 401 or 404 does not end the client's sign-in or session at the gateway.
        bool isOfBackendAlone = response.StatusCode == StatusCodes.Status401Unauthorized
            || (response.StatusCode == StatusCodes.Status404NotFound && _call.Opened.SessionId is not null);
        if (_isAnswered || isOfBackendAlone || response.Outcome?.Failure is not null)
        {
            return;
        }

        if (parts.Id is Range id && MessageParts.KeyOf(message.Span[id]) == _call.Key)
        {
            bool mayAsk = _call.Opened.IsModern && !_call.Client.IsModern;
            if (mayAsk && parts.Result is Range result && ResultEdit.IsInputRequired(message.Span[result]))
            {
                InputRequired = message[result].ToArray();
                return;
            }

            await AnswerAsync(response, MessageEdit.Apply(message, (id, _call.Id), ForEra(message, parts)));
        }
        else if (parts is { Id: null, Error: Range error })
        {
            // An error about a request that its server could not tell the id of: there is one request that it can mean.
            await AnswerAsync(
                response, [.. "{\"jsonrpc\":\"2.0\",\"id\":"u8, .. _call.Id.Span, .. ",\"error\":"u8, .. message.Span[error], .. "}"u8]);
        }
        else
        {
            _hasForeignAnswer = true;
        }
    }

    /// <summary>The edit that gives an answer what the client's era has in it, where that is another one than the backend's.</summary>
    private (Range? Part, ReadOnlyMemory<byte> With) ForEra(ReadOnlyMemory<byte> message, MessageParts parts)
    {
        bool isModern = _call.Client.IsModern;
        if (parts.Result is Range result && (isModern || _call.Opened.IsModern))
        {
            return (result, isModern
                ? ResultEdit.ForModern(message[result], _call.IsCacheable, _about)
                : ResultEdit.ForLegacy(message[result], _call.IsCacheable));
        }

        return isModern && !_call.Opened.IsModern && parts.Error is Range error
            ? BackendError.CodeForModern(message, error)
            : default;
    }

    private async ValueTask AnswerAsync(BackendResponse response, byte[] answer)
    {
        _isAnswered = true;
        _messages.End(_call); // Progress after the answer is dropped.
        BackendOutcome? outcome = response.Outcome;
        if (outcome?.WasNotMade == true)
        {
            await ChargedCall.NotMadeAsync(_context);
        }

        if (outcome?.WasRejected == true)
        {
            answer = BackendError.NameBackend(answer, _backend.Name);
        }

        // In the modern era each error has a status. A client of the legacy era takes 404 for the loss of its session.
        int status = _call.Opened.IsModern && !_call.Client.IsModern ? StatusCodes.Status200OK : response.StatusCode;
        if (!_context.Response.HasStarted && status != StatusCodes.Status200OK)
        {
            _context.Response.StatusCode = status;
        }

        if (!_context.Response.HasStarted && (outcome?.WasRejected == true || status != StatusCodes.Status200OK))
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
        long? seconds = long.TryParse(
            answer.Headers.RetryAfter.ToString(), System.Globalization.CultureInfo.InvariantCulture, out long wait) ? wait : null;
        Rejection rejection = McpRejections.RenderError(
            StatusCodes.Status429TooManyRequests,
            StatusCodes.Status429TooManyRequests,
            $"Server '{_backend.Name}': it rejected the call (429){(seconds is null ? "" : $", retry in {seconds} s")}.",
            _call.Id);
        if (!_context.Response.HasStarted)
        {
            await RejectionWriter.WriteAsync(_context, rejection with { RetryAfterSeconds = seconds });
        }
        else
        {
            await EventStream.WriteAsync(_context, rejection.Body);
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
