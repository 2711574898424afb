using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Sluice.Mcp;

/// <summary>Decides the calls to one server: the only place in which a front asks the store.</summary>
/// <remarks>
/// <para>
/// Steps: select the limits, check that the identities they count by are known, ask the store, report what permissive limits
/// would reject, count the call, tell the observer, log a rejection, hold a call that was admitted for later. The front writes the
/// answer in its own form, from the <see cref="GateDecision"/>.
/// </para>
/// <para>It allocates nothing for a call that the store decides at once.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="policy">The limits of the server.</param>
/// <param name="store">Where the buckets are.</param>
/// <param name="time">The clock of the reports.</param>
/// <param name="logger">Takes a line at Debug for each rejection, and the reports of permissive limits.</param>
/// <param name="observer">Sees each call; or null.</param>
/// <param name="previous">The gate of the same server under the configuration before, whose held calls count here too; or null.</param>
internal sealed partial class CallGate(
    RateLimitPolicy policy,
    IRateLimitStore store,
    TimeProvider time,
    ILogger logger,
    ICallObserver? observer = null,
    CallGate? previous = null) : IDisposable
{
    private readonly PermissiveReport? _permissive = PermissiveReport.Of(policy, time, logger, previous?._permissive);
    private readonly CallTelemetry _telemetry = new(policy, time, observer);
    private readonly SlotWatch[] _watches = SlotWatch.Of(policy, time, logger, previous?._watches);
    private readonly bool _tags = observer?.NeedsTags == true;
    private readonly bool _givesIds = observer?.NeedsIds == true;

    internal RateLimitPolicy Policy => policy;

    internal IRateLimitStore Store => store;

    /// <summary>The version of the configuration that has these limits.</summary>
    internal string ConfigVersion { get; init; } = "";

    /// <summary>Counts the calls.</summary>
    internal CallTelemetry Telemetry => _telemetry;

    /// <summary>Decides a message without holding it; one that no policy meters is allowed.</summary>
    /// <remarks>As <see cref="BeginAsync(string, string?, CallerIdentity, CancellationToken)"/>.</remarks>
    /// <param name="message">The message.</param>
    /// <param name="headerVersion">The version of the protocol in the request's header; or null.</param>
    /// <param name="caller">The verified identity of the caller.</param>
    /// <param name="cancellationToken">Cancels the wait for the store.</param>
    /// <param name="backend">The server behind a virtual server to which the message goes, where limits depend on it; else null.</param>
    internal ValueTask<GateDecision> BeginAsync(
        McpMessage message, string? headerVersion, CallerIdentity caller, CancellationToken cancellationToken, string? backend = null) =>
        message.IsMeterable
            ? BeginAsync(
                new CallDescription(message.Method, message.Operation, message.Id, message.ProtocolVersion ?? headerVersion, backend),
                caller,
                cancellationToken)
            : new ValueTask<GateDecision>(GateDecision.Unmetered);

    /// <summary>Decides a call and holds it until its instant.</summary>
    /// <param name="method">The JSON-RPC method.</param>
    /// <param name="operation">The name of the tool or prompt, or the URI of the resource; null or empty for other methods.</param>
    /// <param name="caller">The verified identity of the caller.</param>
    /// <param name="cancellationToken">Cancels the call while it waits for the store or is held; its tokens then come back.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal ValueTask<GateDecision> DecideAsync(
        string method, string? operation, CallerIdentity caller, CancellationToken cancellationToken)
    {
        ValueTask<GateDecision> begun = BeginAsync(method, operation, caller, cancellationToken);
        return begun.IsCompletedSuccessfully ? HoldAsync(begun.Result, cancellationToken) : DecideAndHoldAsync(begun, cancellationToken);
    }

    /// <summary>Decides a call without holding it, for a front that must go on while the call is held.</summary>
    /// <remarks>If the answer <see cref="GateDecision.IsHeld"/>, the front must give it to <see cref="HoldAsync"/>.</remarks>
    /// <param name="method">The JSON-RPC method.</param>
    /// <param name="operation">The name of the tool or prompt, or the URI of the resource; null or empty for other methods.</param>
    /// <param name="caller">The verified identity of the caller.</param>
    /// <param name="cancellationToken">Cancels the wait for the store.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal ValueTask<GateDecision> BeginAsync(
        string method, string? operation, CallerIdentity caller, CancellationToken cancellationToken) =>
        BeginAsync(new CallDescription(method, operation), caller, cancellationToken);

    private ValueTask<GateDecision> BeginAsync(in CallDescription call, CallerIdentity caller, CancellationToken cancellationToken)
    {
        ApplicableLimits limits = policy.SelectFor(call.Method, call.Operation, call.Backend, caller);
        return CallSpan.IsTraced
            ? DecideTracedAsync(call, caller, limits, cancellationToken)
            : DecideAsync(call, caller, limits, span: null, cancellationToken);
    }

    /// <summary>
    /// Ends held calls, releases the slots of every call that still runs, and logs what permissive limits would have rejected since the
    /// last report.
    /// </summary>
    public void Dispose()
    {
        _held.Dispose();
        if (store is not ISlotWaiting)
        {
            (_slots as IDisposable)?.Dispose(); // Else it is the store's.
        }

        Array.ForEach(_watches, static watch => watch.Dispose());
        Retire();
    }

    /// <summary>Ends what the next gate of the server has not taken over, when the last call of this one has ended.</summary>
    internal void Retire() => _permissive?.Dispose();

    // An asynchronous method of its own, so that the span of the store is the current one in here only.
    private async ValueTask<GateDecision> DecideTracedAsync(
        CallDescription call, CallerIdentity caller, ApplicableLimits limits, CancellationToken cancellationToken)
    {
        Activity? request = Activity.Current;
        using Activity? store = limits.Count == 0 || limits.IdentityRequiredBy is not null ? null : CallSpan.BeginStore(policy.Server);
        GateDecision decision = await DecideAsync(call, caller, limits, store, cancellationToken).ConfigureAwait(false);
        if (decision.Slot is null)
        {
            CallSpan.Decided(request, store, decision); // Else it is not decided yet.
        }

        return decision;
    }

    private ValueTask<GateDecision> DecideAsync(
        in CallDescription description, CallerIdentity caller, ApplicableLimits limits, Activity? span, CancellationToken cancellationToken)
    {
        if (limits.IdentityRequiredBy is RateLimit required)
        {
            _telemetry.CountMissingIdentity(limits, required);
            GateDecision rejection = new(policy.Settings, limits, default, default) { Id = NewId() };
            observer?.Decided(new DecidedCall(policy.Server, description, caller, rejection, TimeSpan.Zero, ConfigVersion));
            return new ValueTask<GateDecision>(rejection);
        }

        if (limits.Count == 0)
        {
            _telemetry.CountUnmetered();
            return new ValueTask<GateDecision>(GateDecision.Unmetered);
        }

        long begin = _telemetry.Begin(isNeeded: observer is not null);
        CallLease lease = CallLease.Begin(store, RequestOf(description, caller, limits));
        DecidingCall call = new(description, lease.Request, lease, begin, span);
        if (limits.Wait > TimeSpan.Zero)
        {
            return ReserveAsync(call, cancellationToken);
        }

        ValueTask<RateLimitDecision> pending = store.AcquireAsync(call.Request, lease.StatesToFill, cancellationToken);
        return pending.IsCompletedSuccessfully
            ? new ValueTask<GateDecision>(Conclude(call, pending.Result))
            : AwaitAsync(call, pending);
    }

    // After an exception the lease is not ended: the store may still write to its states, so it must not be used again.
    private async ValueTask<GateDecision> AwaitAsync(DecidingCall call, ValueTask<RateLimitDecision> pending) =>
        Conclude(call, await pending.ConfigureAwait(false));

    private GateDecision Conclude(
        in DecidingCall call, in RateLimitDecision answer, TimeSpan delay = default, HeldCalls.HeldCall? held = null)
    {
        (long end, TimeSpan duration) = _telemetry.End(call.Begin);
        CallSpan.Answered(call.Span, answer);
        GateDecision decision = new(policy.Settings, call.Request.Limits, answer, call.Lease)
        {
            Delay = delay,
            Held = held,
            Id = answer.IsAllowed ? null : NewId(),
        };
        if (answer.IsAllowed)
        {
            call.Lease.Acquired(answer.Source, _watches);
            if (answer.Source != DecisionSource.OnStoreFailure)
            {
                _permissive?.Count(decision.Limits, decision.States);
            }
        }
        else if (answer.Outcome == RateLimitOutcome.Unsatisfiable)
        {
            Log.RejectedForGood(logger, policy.Server, answer.Limit?.Name);
        }
        else
        {
            Log.Rejected(logger, policy.Server, answer.Limit?.Name, answer.RetryAfter);
        }

        _telemetry.CountDecided(decision, duration);
        observer?.Decided(
            new DecidedCall(policy.Server, call.Description, call.Request.Caller, decision, duration, ConfigVersion) { EndedAt = end });
        return decision;
    }

    private RateLimitRequest RequestOf(in CallDescription call, CallerIdentity caller, ApplicableLimits limits) => _tags
        ? new RateLimitRequest(limits, caller) { Tag = new CallTag(call.Method, call.Operation, call.Backend, ConfigVersion) }
        : new RateLimitRequest(limits, caller);

    private string? NewId() => _givesIds ? DecisionId.New() : null;

    /// <summary>A call that is being decided.</summary>
    internal readonly record struct DecidingCall(
        CallDescription Description, RateLimitRequest Request, CallLease Lease, long Begin, Activity? Span);

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Debug,
            "A call to '{Server}' was rejected by the limit '{Limit}': retry after {RetryAfter}.", EventName = "Rejected")]
        internal static partial void Rejected(ILogger logger, string server, string? limit, TimeSpan retryAfter);

        [LoggerMessage(
            6, LogLevel.Debug,
            "A call to '{Server}' was rejected by the limit '{Limit}', which can never admit it.", EventName = "RejectedForGood")]
        internal static partial void RejectedForGood(ILogger logger, string server, string? limit);
    }
}
