namespace Sluice.Mcp;

/// <summary>The gate's answer to one call: whether it may go on, what it has acquired, or the rejection in each form.</summary>
/// <remarks>
/// <para>The default value allows nothing.</para>
/// <para>The receiver disposes of its <see cref="Lease"/>; <see cref="States"/> can be read until then.</para>
/// </remarks>
internal readonly struct GateDecision
{
    private readonly RateLimitingSettings? _settings;
    private readonly ApplicableLimits? _limits;

    internal GateDecision(RateLimitingSettings settings, ApplicableLimits limits, in RateLimitDecision answer, CallLease lease)
    {
        _settings = settings;
        _limits = limits;
        Answer = answer;
        Lease = lease;
    }

    private GateDecision(in RateLimitDecision answer) => Answer = answer;

    /// <summary>The decision about a call to which no limit applies: it is allowed and has acquired nothing.</summary>
    internal static GateDecision Unmetered { get; } =
        new(new RateLimitDecision { Outcome = RateLimitOutcome.Allowed, Remaining = int.MaxValue });

    /// <summary>Whether the call may go on; a call that <see cref="IsHeld"/> may not yet.</summary>
    internal bool IsAllowed => Answer.IsAllowed;

    /// <summary>Whether the call is allowed for an instant that has not come.</summary>
    internal bool IsHeld => Held is not null;

    /// <summary>How long the call is held, or was held; zero for a call that is not.</summary>
    internal TimeSpan Delay { get; init; }

    /// <summary>The place of a call that is held; only the gate uses it.</summary>
    internal HeldCalls.HeldCall? Held { get; init; }

    /// <summary>The id by which a rejection can be looked up; null for none.</summary>
    internal string? Id { get; init; }

    /// <summary>The call in the queue for a slot, where it is held for one; only the gate uses it.</summary>
    internal SlotWait? Slot { get; init; }

    /// <summary>Whether the call is not made because the server stops.</summary>
    private bool IsStopping { get; init; }

    /// <summary>A call that is held until a slot is free. Whether it is allowed is known then.</summary>
    internal static GateDecision Waiting(RateLimitingSettings settings, ApplicableLimits limits, SlotWait slot) =>
        new(settings, limits, new RateLimitDecision { Outcome = RateLimitOutcome.Allowed }, slot.Call.Lease) { Held = slot.Place, Slot = slot };

    /// <summary>The decision about a call that was held when the server stopped.</summary>
    internal static GateDecision Stopping(RateLimitingSettings settings, ApplicableLimits limits) =>
        new(settings, limits, default, default) { IsStopping = true };

    /// <summary>The limits that apply.</summary>
    internal ApplicableLimits Limits => _limits ?? ApplicableLimits.None;

    /// <summary>The answer of the store; the default where it was not asked.</summary>
    internal RateLimitDecision Answer { get; }

    /// <summary>What the call holds until it ends.</summary>
    internal CallLease Lease { get; }

    /// <summary>The state of each of the <see cref="Limits"/>; empty where the store was not asked.</summary>
    internal ReadOnlySpan<LimitState> States => Lease.States;

    /// <summary>The settings of the policy.</summary>
    /// <exception cref="InvalidOperationException">No limit applies to the call.</exception>
    internal RateLimitingSettings Settings =>
        _settings ?? throw new InvalidOperationException("No limit applies to the call, so there are no settings.");

    /// <summary>The form in which the call is rejected.</summary>
    internal RejectionForm Form =>
        Limits.IdentityRequiredBy?.Rejection ?? Answer.Limit?.Rejection ?? Settings.Rejection;

    /// <summary>The error of a call that is not allowed, for fronts that do not write the wire.</summary>
    internal RejectionError Describe() => IsStopping
        ? McpRejections.DescribeStopping()
        : Limits.IdentityRequiredBy is RateLimit required
        ? (RejectionText.OfMissingIdentity(required, Settings.ErrorCode) with { DecisionId = Id }).ToError()
        : (McpRejections.TextOf(Answer, Settings, Limits.Cost) with { DecisionId = Id }).ToError();

    /// <summary>The answer to a call that is not allowed.</summary>
    /// <param name="context">The client.</param>
    internal Rejection Render(RejectionContext context) => Render(context, Form);

    /// <summary>The answer to a call that is not allowed, in a form other than the configured one.</summary>
    /// <param name="context">The client.</param>
    /// <param name="form">The form.</param>
    internal Rejection Render(RejectionContext context, RejectionForm form) => IsStopping
        ? McpRejections.RenderStopping(Settings, context)
        : Limits.IdentityRequiredBy is RateLimit required
        ? Wire.Write(RejectionText.OfMissingIdentity(required, Settings.ErrorCode) with { DecisionId = Id }, form, context)
        : Wire.Write(McpRejections.TextOf(Answer, Settings, Limits.Cost) with { DecisionId = Id }, form, context);
}
