using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>Holds the calls of HTTP clients that were admitted for later, and cancels those that their clients name.</summary>
/// <remarks>
/// <para>
/// A client that disconnects cancels its call, in both eras. In a session, a <c>notifications/cancelled</c> of the same caller in the
/// same session does so too. Without a session, several clients of one caller may use one id, so such a notification cancels nothing.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class HeldHttpCalls
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string DelayHeader = "Sluice-Delay-Ms";
    private readonly HeldRequests _requests = new();

    /// <summary>Decides a message, and holds it until its instant.</summary>
    /// <returns>The decision; null if the client has cancelled the request, which is then answered.</returns>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    internal async ValueTask<GateDecision?> DecideAsync(HttpContext context, CallGate gate, McpMessage message, CallerIdentity caller)
    {
        GateDecision decision = await gate.BeginAsync(
            message, context.Request.Headers[McpVersions.HeaderName], caller, context.RequestAborted);
        if (!decision.IsHeld)
        {
            return decision;
        }

        string session = SessionOf(context);
        GateDecision? held = session.Length == 0 || message.Kind != McpMessageKind.Request
            ? await gate.HoldAsync(decision, context.RequestAborted)
            : await _requests.HoldAsync(gate, decision, new HeldRequests.Key(caller, session, message.Id), context.RequestAborted);
        if (held is null)
        {
            // A cancelled request has no answer, so its stream of events ends without one.
            context.Response.ContentType = "text/event-stream";
            await context.Response.CompleteAsync();
        }
        else if (held.Value.IsAllowed && held.Value.Settings.Headers != LimitHeadersMode.Never)
        {
            long delayMs = (long)Math.Ceiling(held.Value.Delay.TotalMilliseconds);
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[DelayHeader] = delayMs.ToString(System.Globalization.CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
        }

        return held;
    }

    /// <summary>Whether a message may cancel a held call.</summary>
    internal bool IsCancellation(McpMessage message) =>
        _requests.Count != 0 && message.Kind == McpMessageKind.Notification && message.Method == CancelledRequest.Method;

    /// <summary>Cancels the held call that a message names, if it is a notification that does so.</summary>
    internal void CancelNamed(HttpContext context, ReadOnlyMemory<byte> body, McpMessage message, CallerIdentity caller)
    {
        if (IsCancellation(message) && SessionOf(context) is { Length: > 0 } session)
        {
            _requests.Cancel(new HeldRequests.Key(caller, session, CancelledRequest.IdOf(body)));
        }
    }

    private static string SessionOf(HttpContext context) => context.Request.Headers[SessionHeader].ToString();
}
