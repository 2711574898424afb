using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>
/// A call that was charged, until its answer has been sent: releases its slots, and refunds it where it was certainly not made, or
/// where its answer asks its client to send the same call again with more input.
/// </summary>
/// <remarks>
/// The slots are released when the answer is complete, before its last bytes are sent, so that the next call of the same client
/// finds them free; else when the request ends, for whatever reason. The server's answer decides and never the request, so no client can
/// get an uncharged call by what it sends. A refund is made before the client has the whole answer.
/// </remarks>
internal sealed class ChargedCall : IAsyncDisposable
{
    private const string SessionHeader = "Mcp-Session-Id";
    private readonly HttpContext _context;
    private readonly CallLease _lease;
    private readonly Stream? _body;
    private readonly bool _canAskForInput;
    private bool _needsStatus;

    private ChargedCall(HttpContext context, CallLease lease, bool canAskForInput, Stream? body)
    {
        _context = context;
        _lease = lease;
        _canAskForInput = canAskForInput;
        _body = body;
    }

    /// <summary>Whether the body of the answer decides about a refund, so that it must not be compressed.</summary>
    internal bool MustReadBody => _canAskForInput;

    /// <summary>Begins to watch the answer of a call; null for a call that holds nothing.</summary>
    /// <param name="context">The request.</param>
    /// <param name="lease">What the call holds.</param>
    /// <param name="message">The call.</param>
    /// <param name="era">The era of its client.</param>
    internal static ChargedCall? Begin(HttpContext context, CallLease lease, McpMessage message, McpEra era)
    {
        if (lease.IsNone)
        {
            return null;
        }

        bool canAskForInput = era == McpEra.Modern && message.Kind == McpMessageKind.Request;
        bool watches = canAskForInput || (lease.HoldsSlots && message.Kind == McpMessageKind.Request);
        ChargedCall call = new(context, lease, canAskForInput, watches ? context.Response.Body : null);
        context.Features.Set(call);
        if (call._body is not null)
        {
            context.Response.Body = new WatchedBody(call._body, context.Response, call);
        }

        if (!canAskForInput && context.Request.Headers.ContainsKey(SessionHeader))
        {
            call._needsStatus = true;
            context.Response.OnStarting(static call => ((ChargedCall)call).StartingAsync(), call);
        }

        return call;
    }

    /// <summary>Refunds the call of a request, if there is one, because the call was certainly not made.</summary>
    internal static ValueTask NotMadeAsync(HttpContext context) =>
        context.Features.Get<ChargedCall>()?.RefundAsync() ?? ValueTask.CompletedTask;

    /// <summary>Gives the tokens back, once.</summary>
    internal ValueTask RefundAsync() => _lease.RefundAsync();

    /// <summary>The answer is complete, but for bytes that are about to be sent.</summary>
    /// <param name="isInputRequired">Whether it asks for more input.</param>
    internal ValueTask AnsweredAsync(bool isInputRequired)
    {
        _lease.ReleaseSlots();
        return isInputRequired && _canAskForInput ? RefundAsync() : ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await StartingAsync(); // An answer without a body starts only when the request ends.
        _lease.Dispose();
        _context.Features.Set<ChargedCall>(null);
        if (_body is not null)
        {
            _context.Response.Body = _body;
        }
    }

    // Source: Model Context Protocol, revision 2025-11-25, Transports, Session Management: the status of a request whose session
    // the server does not know.
    private Task StartingAsync()
    {
        bool isLost = _needsStatus && _context.Response.StatusCode == StatusCodes.Status404NotFound;
        _needsStatus = false;
        return isLost ? RefundAsync().AsTask() : Task.CompletedTask;
    }
}
