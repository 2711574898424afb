using System.Collections.Concurrent;
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
    private readonly ConcurrentDictionary<HeldRequests.Key, RunningSlots> _running = new();

    /// <summary>Decides a message, and holds it until its instant.</summary>
    /// <param name="context">The request.</param>
    /// <param name="gate">Decides it.</param>
    /// <param name="message">The message.</param>
    /// <param name="caller">Who sent it.</param>
    /// <param name="backend">The server behind a virtual server to which it goes, where limits depend on it; else null.</param>
    /// <returns>The decision; null if the client has cancelled the request, which is then answered.</returns>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    internal async ValueTask<GateDecision?> DecideAsync(
        HttpContext context, CallGate gate, McpMessage message, CallerIdentity caller, string? backend = null)
    {
        GateDecision decision = await gate.BeginAsync(
            message, context.Request.Headers[McpVersions.HeaderName], caller, context.RequestAborted, backend);
        if (!decision.IsHeld)
        {
            return decision;
        }

        string session = SessionOf(context);
        GateDecision? held;
        if (session.Length == 0 || message.Kind != McpMessageKind.Request)
        {
            held = await gate.HoldAsync(decision, context.RequestAborted);
        }
        else
        {
            using HeldRequests.Stay stay = _requests.Enter();
            held = await stay.HoldAsync(gate, decision, new HeldRequests.Key(caller, session, message.Id), context.RequestAborted);
        }

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

    /// <summary>
    /// Releases the slots of a call that runs, when its client leaves or cancels it in its session. Dispose it before the lease.
    /// </summary>
    /// <returns>Null for a call that holds no slots.</returns>
    internal RunningSlots? Watch(HttpContext context, in CallLease lease, McpMessage message, CallerIdentity caller)
    {
        if (!lease.HoldsSlots)
        {
            return null;
        }

        string session = SessionOf(context);
        bool hasName = session.Length > 0 && message.Kind == McpMessageKind.Request;
        return new RunningSlots(
            lease, _running, hasName ? new HeldRequests.Key(caller, session, message.Id) : null, context.RequestAborted);
    }

    /// <summary>Whether a message may cancel a call that is held, or holds slots.</summary>
    internal bool IsCancellation(McpMessage message) =>
        message.Kind == McpMessageKind.Notification
        && message.Method == CancelledRequest.Method
        && (_requests.Count != 0 || !_running.IsEmpty); // Last, since it may take locks.

    /// <summary>
    /// Cancels the held call that a message names, if it is a notification that does so. A call that runs is the server's to cancel; only
    /// its slots are released.
    /// </summary>
    internal void CancelNamed(HttpContext context, ReadOnlyMemory<byte> body, McpMessage message, CallerIdentity caller)
    {
        if (IsCancellation(message) && SessionOf(context) is { Length: > 0 } session)
        {
            HeldRequests.Key key = new(caller, session, CancelledRequest.IdOf(body));
            _requests.Cancel(key);
            if (_running.TryGetValue(key, out RunningSlots? slots))
            {
                slots.Release();
            }
        }
    }

    private static string SessionOf(HttpContext context) => context.Request.Headers[SessionHeader].ToString();
}
