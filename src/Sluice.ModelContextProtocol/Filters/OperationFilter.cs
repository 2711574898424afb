using System.Runtime.CompilerServices;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>Limits the calls of tools, or of prompts, or of resources.</summary>
/// <remarks>
/// <para>An allowed call allocates nothing of its own while the store answers at once.</para>
/// <para>
/// A call whose handler asks for input (<see cref="InputRequiredException"/>) is refunded: its client sends it again with the
/// input, and the last leg is the one that stays charged.
/// </para>
/// </remarks>
/// <param name="limits">The server's limits.</param>
/// <param name="method">The method that is called.</param>
/// <param name="nameOf">What a call names.</param>
/// <param name="handlesUnmatched">Whether a handler of the server takes names that match nothing it has registered.</param>
/// <param name="asResult">The result that represents a rejection.</param>
/// <param name="hasResultForm">Whether that result is a form of rejection, and not only sent as an error.</param>
internal sealed class OperationFilter<TParams, TResult>(
    ServerLimits limits,
    string method,
    Func<TParams, string> nameOf,
    Func<bool> handlesUnmatched,
    Func<RejectionError, TResult> asResult,
    bool hasResultForm)
    where TParams : class
{
    internal ValueTask<TResult> InvokeAsync(
        RequestContext<TParams> request, McpRequestHandler<TParams, TResult> next, CancellationToken cancellationToken)
    {
        // What does not exist is answered by the SDK, and costs nothing.
        if (request.Params is null || (request.MatchedPrimitive is null && !handlesUnmatched()))
        {
            return next(request, cancellationToken);
        }

        return limits.IdentifiesAtOnce
            ? DecideAsync(request, limits.CallerOf(request), next, cancellationToken)
            : IdentifyAsync(request, next, cancellationToken);
    }

    private async ValueTask<TResult> IdentifyAsync(
        RequestContext<TParams> request, McpRequestHandler<TParams, TResult> next, CancellationToken cancellationToken)
    {
        CallerIdentity caller = await limits.IdentifyAsync(request, cancellationToken).ConfigureAwait(false);
        return await DecideAsync(request, caller, next, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<TResult> DecideAsync(
        RequestContext<TParams> request,
        CallerIdentity caller,
        McpRequestHandler<TParams, TResult> next,
        CancellationToken cancellationToken)
    {
        ValueTask<GateDecision> decision = limits.Gate.DecideAsync(method, nameOf(request.Params), caller, cancellationToken);
        return decision.IsCompletedSuccessfully
            ? GoOnAsync(request, decision.Result, next, cancellationToken)
            : AwaitAsync(request, decision, next, cancellationToken);
    }

    private async ValueTask<TResult> AwaitAsync(
        RequestContext<TParams> request,
        ValueTask<GateDecision> decision,
        McpRequestHandler<TParams, TResult> next,
        CancellationToken cancellationToken) =>
        await GoOnAsync(request, await decision.ConfigureAwait(false), next, cancellationToken).ConfigureAwait(false);

    private ValueTask<TResult> GoOnAsync(
        RequestContext<TParams> request,
        in GateDecision decision,
        McpRequestHandler<TParams, TResult> next,
        CancellationToken cancellationToken)
    {
        CallLease lease = decision.Lease;
        if (decision.IsAllowed)
        {
            return lease.IsNone ? next(request, cancellationToken) : CallAsync(request, lease, next, cancellationToken);
        }

        lease.Dispose();
        return Reject(request, decision.Describe(), decision.Form);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> CallAsync(
        RequestContext<TParams> request,
        CallLease lease,
        McpRequestHandler<TParams, TResult> next,
        CancellationToken cancellationToken)
    {
        using (lease)
        {
            try
            {
                return await next(request, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is InputRequiredException || limits.IsRefunded(exception))
            {
                await lease.RefundAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    // The other forms differ only in HTTP, which this front does not write.
    private ValueTask<TResult> Reject(RequestContext<TParams> request, RejectionError error, RejectionForm form)
    {
        if (!hasResultForm || form != RejectionForm.ToolResult)
        {
            SdkRejection.SendInPlaceOfResult(request, error);
        }

        return new ValueTask<TResult>(asResult(error));
    }
}
