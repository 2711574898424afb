using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>One operation of a history, and its answer once it has one.</summary>
internal sealed class Operation(Verb verb, RateLimitRequest request, long ticks)
{
    /// <summary>A store without buckets, as the engine's is: in steps of a tick.</summary>
    internal static ModelState Start { get; } = new(epoch: 0, resolution: 1, counterCeiling: uint.MaxValue);

    internal Verb Verb => verb;

    internal RateLimitRequest Request => request;

    /// <summary>The call that <see cref="Verb.Release"/> ends; null for the other verbs.</summary>
    internal Operation? Begun { get; init; }

    /// <summary>By how much <see cref="Verb.Advance"/> moves the clock.</summary>
    internal long Ticks => ticks;

    /// <summary>When it was called, in the order of all calls and returns.</summary>
    internal long CalledAt { get; set; }

    /// <summary>When it returned, in the order of all calls and returns.</summary>
    internal long ReturnedAt { get; set; }

    /// <summary>What it was told.</summary>
    internal Answer Answer { get; set; } = Answer.None;

    /// <summary>What a store answers on which nothing else runs, and what it is then: the specification of every history.</summary>
    internal (Answer Answer, ModelState Next) RunOn(ModelState state)
    {
        switch (verb)
        {
            case Verb.Acquire or Verb.Peek:
                (RateLimitDecision decision, LimitState[] states, ModelState next) = state.Decide(request, verb == Verb.Acquire);
                return (new Answer(decision, states), next);
            case Verb.Charge:
                return (Answer.None, state.Charged(request));
            case Verb.Refund:
                return (Answer.None, state.Refunded(request));
            case Verb.Reset:
                return (Answer.None, state.Reset(request.Limits.Limits[..1], request.Caller));
            case Verb.Release:
                return (Answer.None, Begun!.Answer.IsAllowed ? state.Released(request) : state);
            case Verb.Advance:
                return (Answer.None, state.After(ticks));
            default:
                throw new ArgumentOutOfRangeException(nameof(state), verb, "Not a verb.");
        }
    }

    public override string ToString() =>
        $"[{CalledAt,3} {ReturnedAt,3}] {Verb} {(Verb == Verb.Advance ? ticks : request.Cost)} "
        + $"of {string.Join('+', request.Limits.Limits.ToArray().Select(limit => limit.Name))} for {request.Caller.Subject}: {Answer}";
}
