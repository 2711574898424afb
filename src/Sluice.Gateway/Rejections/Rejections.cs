using System.Collections.Immutable;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>What operators can ask about rejections: one by its id, and who is rejected most.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
/// <param name="names">Names callers.</param>
/// <param name="givesIds">Whether rejections get ids and are kept; else they are only counted.</param>
/// <param name="time">The clock.</param>
internal sealed class Rejections(CallerNames names, bool givesIds, TimeProvider time) : ICallObserver
{
    /// <summary>How much of a name that a caller chose is kept.</summary>
    internal const int MaxNameLength = 256;

    private readonly RejectionRing _ring = new();

    /// <summary>Who is rejected most.</summary>
    internal RefusedCallers Callers { get; } = new(time);

    /// <summary>The rejection with an id; null when it is no longer kept, or never was.</summary>
    internal KeptRejection? Find(string id) => _ring.Find(id);

    /// <inheritdoc/>
    public bool NeedsIds => givesIds;

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        if (call.Decision.IsAllowed)
        {
            return;
        }

        string? caller = names.Of(call.Caller);
        Callers.Count(call.Server, LimitOf(call.Decision)?.Name, caller);
        if (call.Decision.Id is string id)
        {
            _ring.Add(Keep(call, id, caller));
        }
    }

    /// <summary>The limit that rejected a call; null when the store did not answer.</summary>
    internal static RateLimit? LimitOf(in GateDecision decision) => decision.Limits.IdentityRequiredBy ?? decision.Answer.Limit;

    /// <summary>Who decided, as a word.</summary>
    internal static string SourceOf(in GateDecision decision) => CallLabels.Text(
        decision.Limits.IdentityRequiredBy is null ? CallLabels.SourceOf(decision.Answer) : CallSource.None);

    private KeptRejection Keep(in DecidedCall call, string id, string? caller)
    {
        GateDecision decision = call.Decision;
        bool isAsked = decision.Limits.IdentityRequiredBy is null && decision.Answer.Source != DecisionSource.OnStoreFailure;
        return new KeptRejection
        {
            Id = id,
            At = time.GetUtcNow(),
            Server = call.Server,
            Method = call.Method,
            Name = call.Operation is null ? null : ShownText.Cut(call.Operation, MaxNameLength),
            Caller = caller,
            Outcome = decision.Answer.Outcome,
            Limit = LimitOf(decision)?.Name,
            RetryAfter = decision.Limits.IdentityRequiredBy is not null ? null
                : decision.Answer.Limit is null ? TimeSpan.FromSeconds(1)
                : Wait(decision.Answer.RetryAfter),
            Source = SourceOf(decision),
            ConfigVersion = call.ConfigVersion,
            Limits = isAsked ? LimitsOf(decision) : [],
        };
    }

    private static ImmutableArray<KeptLimit> LimitsOf(in GateDecision decision)
    {
        ReadOnlySpan<LimitState> states = decision.States;
        ImmutableArray<KeptLimit>.Builder limits = ImmutableArray.CreateBuilder<KeptLimit>(states.Length);
        for (int i = 0; i < states.Length; i++)
        {
            RateLimit limit = decision.Limits[i];
            limits.Add(new KeptLimit(
                limit.Name,
                limit.ScopeName,
                states[i].Remaining, // A rejected call is charged nothing, so this is what there was before it.
                limit.Capacity,
                limit.Concurrency is null ? decision.Limits.Cost : 1,
                states[i].Outcome == RateLimitOutcome.Allowed,
                Wait(states[i].RetryAfter)));
        }

        return limits.MoveToImmutable();
    }

    private static TimeSpan? Wait(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? null : wait;
}
