using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Sends what comes back for a call: the answer alone as JSON, or as a stream once a notification comes before it.</summary>
/// <param name="timeout">How long the process may be silent; infinite for a call that lasts.</param>
/// <param name="time">The clock of the timeout.</param>
internal sealed class CallAnswer(TimeSpan timeout, TimeProvider time)
{
    private const int InternalError = -32603;

    /// <summary>Waits for everything that comes back, and sends it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">The process that has the call.</param>
    /// <param name="call">The call.</param>
    /// <param name="server">The server's name.</param>
    /// <param name="leave">
    /// Ends the call: its client left where that is a cancel, or the gateway cuts calls to stop. Otherwise a client that has left is not
    /// waited for, and the call comes to its end.
    /// </param>
    /// <returns>Null, or why there is no answer; nothing has been written to the client then.</returns>
    internal async Task<UpstreamFailure?> SendAsync(
        HttpContext context, StdioConnection connection, StdioCall call, string server, CancellationToken leave)
    {
        while (true)
        {
            QueuedMessage? next;
            using (CancellationTokenSource late = new(timeout, time))
            using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, leave))
            {
                try
                {
                    next = await call.NextAsync(either.Token);
                }
                catch (OperationCanceledException)
                {
                    bool isLate = !leave.IsCancellationRequested;
                    connection.Cancel(call, isLate ? "The answer took too long." : "The client has left, or the gateway is stopping.");
                    if (!isLate)
                    {
                        context.RequestAborted.ThrowIfCancellationRequested();
                        return context.Response.HasStarted ? null : UpstreamFailure.Cut; // A stream that has begun ends.
                    }

                    call.Fail(UpstreamFailure.TooLate);
                    next = null;
                }
            }

            if (next is not QueuedMessage message)
            {
                return call.Failure is UpstreamFailure failure ? await FailAsync(context, call, failure, server) : null;
            }

            await SendAsync(context, message.Bytes, message.IsLast);
            if (message.IsLast)
            {
                return null;
            }
        }
    }

    /// <summary>Sends one message, in the form that the client takes.</summary>
    /// <param name="context">The request.</param>
    /// <param name="message">The message, on one line.</param>
    /// <param name="isAnswer">Whether nothing follows.</param>
    internal static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> message, bool isAnswer)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        bool isStream = context.Response.HasStarted;
        if (!isStream && isAnswer && EventStream.IsAccepted(context.Request, "application/json"))
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = message.Length;
            await context.Response.BodyWriter.WriteAsync(message, CancellationToken.None);
            return;
        }

        if (!isStream)
        {
            await EventStream.StartAsync(context);
        }

        await EventStream.WriteAsync(context, message);
    }

    private static async Task<UpstreamFailure?> FailAsync(HttpContext context, StdioCall call, UpstreamFailure failure, string server)
    {
        if (!context.Response.HasStarted)
        {
            return failure;
        }

        Rejection error = McpRejections.RenderError(
            failure.Status, InternalError, $"The server '{server}' did not answer: {failure.Reason}.", call.Id);
        await EventStream.WriteAsync(context, error.Body);
        return null;
    }
}
