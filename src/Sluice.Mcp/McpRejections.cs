namespace Sluice.Mcp;

/// <summary>Renders answers that the gateway gives itself: rejections, and errors in the form of JSON-RPC.</summary>
/// <remarks>
/// <para>
/// One decision gives the body, the status and the header, so that they cannot disagree. The message may name a tool and
/// a scope, as the configuration spells them; it never names who called, nor repeats what was sent.
/// </para>
/// <para>A notification gets no answer: 202 and no body.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class McpRejections
{
    /// <summary>The key in <c>_meta</c> of a tool's result that holds the error, with its code, message and data.</summary>
    /// <remarks>For <see cref="RejectionForm.ToolResult"/>.</remarks>
    public const string ErrorMetaKey = "sluice/error";

    /// <summary>Renders a decision that is not <see cref="RateLimitOutcome.Allowed"/>.</summary>
    /// <param name="decision">
    /// The decision; one that no limit made is rendered as a store's failure, with the code 503 and its own message.
    /// </param>
    /// <param name="settings">The settings of the policy that was asked.</param>
    /// <param name="cost">Tokens that the call costs.</param>
    /// <param name="context">The client.</param>
    /// <exception cref="ArgumentNullException"><paramref name="settings"/> or the context's message is null.</exception>
    /// <exception cref="ArgumentException">The decision allows the call.</exception>
    public static Rejection Render(RateLimitDecision decision, RateLimitingSettings settings, int cost, RejectionContext context)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context.Message);
        if (decision.IsAllowed)
        {
            throw new ArgumentException("An allowed call has no rejection.", nameof(decision));
        }

        return Wire.Write(TextOf(decision, settings, cost), decision.Limit?.Rejection ?? settings.Rejection, context);
    }

    /// <summary>
    /// The error of a decision that is not <see cref="RateLimitOutcome.Allowed"/>, for fronts that do not write the wire.
    /// </summary>
    /// <param name="decision">As for <see cref="Render(RateLimitDecision, RateLimitingSettings, int, RejectionContext)"/>.</param>
    /// <param name="settings">The settings of the policy that was asked.</param>
    /// <param name="cost">Tokens that the call costs.</param>
    /// <exception cref="ArgumentNullException"><paramref name="settings"/> is null.</exception>
    /// <exception cref="ArgumentException">The decision allows the call.</exception>
    public static RejectionError Describe(RateLimitDecision decision, RateLimitingSettings settings, int cost)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return decision.IsAllowed
            ? throw new ArgumentException("An allowed call has no rejection.", nameof(decision))
            : TextOf(decision, settings, cost).ToError();
    }

    /// <summary>The error of a call that lacks the identity that a limit counts by.</summary>
    /// <param name="limit">The limit, as <see cref="ApplicableLimits.IdentityRequiredBy"/> names it.</param>
    /// <param name="settings">The settings of the policy that was asked.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static RejectionError DescribeMissingIdentity(RateLimit limit, RateLimitingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(limit);
        ArgumentNullException.ThrowIfNull(settings);
        return RejectionText.OfMissingIdentity(limit, settings.ErrorCode).ToError();
    }

    /// <summary>Renders the rejection of a call that lacks the identity that a limit counts by.</summary>
    /// <param name="limit">The limit, as <see cref="ApplicableLimits.IdentityRequiredBy"/> names it.</param>
    /// <param name="settings">The settings of the policy that was asked.</param>
    /// <param name="context">The client.</param>
    /// <remarks>
    /// The HTTP status is 403, where a rejection's would be 429: waiting does not help, and on a 401 a client that is
    /// authenticated, but without a tenant, would authenticate again and again.
    /// </remarks>
    /// <exception cref="ArgumentNullException">An argument or the context's message is null.</exception>
    public static Rejection RenderMissingIdentity(RateLimit limit, RateLimitingSettings settings, RejectionContext context)
    {
        ArgumentNullException.ThrowIfNull(limit);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context.Message);
        return Wire.Write(RejectionText.OfMissingIdentity(limit, settings.ErrorCode), limit.Rejection, context);
    }

    /// <summary>The error of a call that was held when the server stopped.</summary>
    internal static RejectionError DescribeStopping() => RejectionText.OfStopping().ToError();

    /// <summary>Renders the rejection of a call that was held when the server stopped.</summary>
    internal static Rejection RenderStopping(RateLimitingSettings settings, RejectionContext context) =>
        Wire.Write(RejectionText.OfStopping(), settings.Rejection, context);

    /// <summary>Renders the rejection of a call that its caller may not make.</summary>
    /// <param name="message">What is rejected, and the way out; it contains no identity.</param>
    /// <param name="form">The form, with HTTP 403 where the rejection of a limit would have 429. The error's code is 403.</param>
    /// <param name="context">The client.</param>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> or the context's message is null.</exception>
    public static Rejection RenderForbidden(string message, RejectionForm form, RejectionContext context)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(context.Message);
        return Wire.Write(RejectionText.OfForbidden(message), form, context);
    }

    /// <summary>Renders the error of a body that is not one message.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static Rejection Render(McpReadError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return RenderError(error.Status, error.Code, error.Message, error.Id);
    }

    /// <summary>Renders any other error.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">The code of the JSON-RPC error.</param>
    /// <param name="message">What is wrong, and the way out.</param>
    /// <param name="id">The id as the very bytes of its JSON; empty for none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    public static Rejection RenderError(int status, int code, string message, ReadOnlyMemory<byte> id)
    {
        ArgumentNullException.ThrowIfNull(message);
        RejectionText text = new(status, code, message);
        return new(status, AcceptHeader.Json, Wire.ErrorBody(text, id).WrittenMemory, RetryAfterSeconds: null);
    }

    /// <summary>What the rejection of a decision says.</summary>
    internal static RejectionText TextOf(RateLimitDecision decision, RateLimitingSettings settings, int cost) =>
        decision.Limit is RateLimit limit
            ? RejectionText.OfLimit(decision, limit, cost, settings.ErrorCode)
            : RejectionText.OfStore();
}
