using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>Limits requests of the methods that name no tool, prompt or resource, where a policy meters them.</summary>
/// <param name="limits">The server's limits.</param>
/// <param name="operations">The methods that have filters of their own.</param>
internal sealed class MethodFilter(ServerLimits limits, string[] operations)
{
    internal async Task InvokeAsync(MessageContext context, McpMessageHandler next, CancellationToken cancellationToken)
    {
        if (context.JsonRpcMessage is JsonRpcRequest request
            && !operations.Contains(request.Method, StringComparer.Ordinal))
        {
            GateDecision decision = await DecideAsync(context, request, cancellationToken).ConfigureAwait(false);
            using CallLease lease = decision.Lease;
            if (decision.IsAllowed)
            {
                await next(context, cancellationToken).ConfigureAwait(false);
                return;
            }

            // Sent, and not thrown: an exception costs more, and is more than a rejection is worth.
            JsonRpcError answer = SdkRejection.Message(decision.Describe(), request.Id);
            await context.Server.SendMessageAsync(answer, cancellationToken).ConfigureAwait(false);
            return;
        }

        await next(context, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<GateDecision> DecideAsync(
        MessageContext context, JsonRpcRequest request, CancellationToken cancellationToken)
    {
        // A method that no limit is on, such as initialize, needs no identity either.
        if (limits.Policy.Select(request.Method, "", CallerIdentity.None) is { Count: 0, IdentityRequiredBy: null }
            && limits.Policy.Settings.MissingIdentity != MissingIdentity.Skip)
        {
            return GateDecision.Unmetered;
        }

        CallerIdentity caller = limits.IdentifiesAtOnce
            ? limits.CallerOf(context)
            : await limits.IdentifyAsync(context, cancellationToken).ConfigureAwait(false);
        return await limits.Gate
            .DecideAsync(request.Method, operation: null, caller, cancellationToken)
            .ConfigureAwait(false);
    }
}
