namespace Sluice.Tests;

/// <summary>One operation of a history, and its answer once it has one.</summary>
internal sealed class Operation(Verb verb, RateLimitRequest request, long ticks)
{
    internal Verb Verb => verb;

    internal RateLimitRequest Request => request;

    /// <summary>By how much <see cref="Verb.Advance"/> moves the clock.</summary>
    internal long Ticks => ticks;

    /// <summary>When it was called, in the order of all calls and returns.</summary>
    internal long CalledAt { get; set; }

    /// <summary>When it returned, in the order of all calls and returns.</summary>
    internal long ReturnedAt { get; set; }

    /// <summary>What it was told.</summary>
    internal Answer Answer { get; set; } = Answer.None;

    public override string ToString() =>
        $"[{CalledAt,3} {ReturnedAt,3}] {Verb} {(Verb == Verb.Advance ? ticks : request.Cost)} "
        + $"of {string.Join('+', request.Limits.Limits.ToArray().Select(limit => limit.Name))} for {request.Caller.Subject}: {Answer}";
}
