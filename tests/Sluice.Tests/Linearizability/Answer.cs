namespace Sluice.Tests;

/// <summary>A decision and the states of all its limits, compared by value.</summary>
internal sealed class Answer(RateLimitDecision decision, LimitState[] states) : IEquatable<Answer>
{
    internal static Answer None { get; } = new(default, []);

    internal bool IsAllowed => decision.IsAllowed;

    private RateLimitDecision Decision => decision;

    private LimitState[] States => states;

    public bool Equals(Answer? other) =>
        other is not null && decision == other.Decision && states.AsSpan().SequenceEqual(other.States);

    public override bool Equals(object? obj) => Equals(obj as Answer);

    public override int GetHashCode() => decision.GetHashCode();

    public override string ToString() => ReferenceEquals(this, None)
        ? "done"
        : $"{decision.Outcome} {decision.Limit} {decision.Remaining} {decision.RetryAfter.Ticks} "
            + string.Join(' ', states.Select(state => $"({state.Outcome} {state.Remaining} {state.RetryAfter.Ticks} {state.ResetAfter.Ticks})"));
}
