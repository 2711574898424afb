using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sluice.DependencyInjection;
using Sluice.Mcp;

namespace Sluice.AspNetCore;

/// <summary>The path of a call through the middleware: read, identify, decide, then pass on or reject.</summary>
/// <remarks>
/// Only a POST carries a message; what else a session needs (GET, DELETE, OPTIONS) passes unmetered. Who calls was settled by
/// the host's authentication before, so reading first weakens no protection, and every rejection carries the call's id.
/// </remarks>
internal sealed partial class CallLimiter(CallGate gate, SluiceHttpOptions options, ILogger<CallLimiter> logger)
{
    private const int InternalError = -32603;
    private readonly HeldHttpCalls _held = new();

    /// <summary>The name of the policy that it limits by.</summary>
    internal string Policy => gate.Policy.Server;

    /// <summary>A limiter of a policy, or what is missing.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="name">The policy's name; null for the only one.</param>
    /// <param name="call">The call that wants it, for the message.</param>
    internal static CallLimiter Create(IServiceProvider services, string? name, string call)
    {
        if (services.GetService<IRateLimitStore>() is not IRateLimitStore store)
        {
            throw new InvalidOperationException($"{call} needs a store. Call services.AddSluice(…) before the app is built.");
        }

        IReadOnlyDictionary<string, RateLimitPolicy> policies = services.GetRequiredService<IOptions<SluiceOptions>>().Value.Policies;
        string known = policies.Count == 0
            ? "there are none. Add one with AddSluice(options => options.AddPolicy(…))."
            : $"known are: {string.Join(", ", policies.Keys.Order(StringComparer.Ordinal).Select(key => $"'{key}'"))}.";
        RateLimitPolicy? policy = name is null && policies.Count == 1 ? policies.Values.First() : policies.GetValueOrDefault(name ?? "");
        if (policy is null)
        {
            throw new InvalidOperationException(name is null
                ? $"{call} without a name needs exactly one policy; {known}"
                : $"{call} names the policy '{name}'; {known}");
        }

        ILogger<CallLimiter> logger = services.GetRequiredService<ILogger<CallLimiter>>();
        return new CallLimiter(
            new CallGate(policy, store, services.GetRequiredService<TimeProvider>(), logger), services.GetRequiredService<IOptions<SluiceHttpOptions>>().Value, logger);
    }

    internal async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await next(context);
            return;
        }

        if (await McpBody.ReadAsync(context, options.MaxRequestBytes) is not (byte[] body, McpMessage message))
        {
            gate.Telemetry.CountInvalid();
            return;
        }

        // What the app reads are the very bytes that were metered.
        context.Request.Body = new MemoryStream(body, writable: false);
        if (!message.IsMeterable)
        {
            if (_held.IsCancellation(message))
            {
                if (await IdentifyAsync(context, message) is not CallerIdentity cancelling)
                {
                    return;
                }

                _held.CancelNamed(context, body, message, cancelling);
            }

            await next(context);
        }
        else if (await IdentifyAsync(context, message) is CallerIdentity caller)
        {
            await LimitAsync(context, message, caller, next);
        }
    }

    /// <summary>The caller; or null when the request has been answered.</summary>
    private async ValueTask<CallerIdentity?> IdentifyAsync(HttpContext context, McpMessage message)
    {
        try
        {
            return options.Identify is null
                ? PrincipalIdentity.Of(context.User, gate.Policy)
                : await options.Identify(context) ?? CallerIdentity.None;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !context.RequestAborted.IsCancellationRequested)
        {
            // The application's own code failed: to go on without an identity would let the caller choose another bucket.
            Log.NotIdentified(logger, exception, gate.Policy.Server);
            await RejectionWriter.WriteAsync(context, McpRejections.RenderError(
                StatusCodes.Status500InternalServerError,
                InternalError,
                "The caller could not be identified, so the call was not made.",
                message.Id));
            context.Features.Set(Rejected.Instance);
            return null;
        }
    }

    private async Task LimitAsync(HttpContext context, McpMessage message, CallerIdentity caller, RequestDelegate next)
    {
        if (await _held.DecideAsync(context, gate, message, caller) is not GateDecision decision)
        {
            context.Features.Set(Rejected.Instance);
            return; // Its client has cancelled it.
        }

        using CallLease lease = decision.Lease;
        McpEra era = message.EraWith(context.Request.Headers[McpVersions.HeaderName]);
        LimitHeaders.Write(context, decision);
        if (decision.IsAllowed)
        {
            using RunningSlots? slots = _held.Watch(context, lease, message, caller);
            await using ChargedCall? charged = ChargedCall.Begin(context, lease, message, era);
            await next(context);
            if (context.Features.Get<Rejected>() is not null)
            {
                await lease.RefundAsync(); // By another policy further in: the call was not made.
            }

            return;
        }

        context.Features.Set(Rejected.Instance);
        RejectionContext rejectionContext = new(
            message,
            era,
            context.Request.Headers.Accept.Count == 0 ? null : context.Request.Headers.Accept.ToString());
        await RejectionWriter.WriteAsync(context, decision.Render(rejectionContext));
    }

    /// <summary>Tells the limiters further out that the call was not made.</summary>
    private sealed class Rejected
    {
        internal static readonly Rejected Instance = new();
    }
}
