using System.Collections.Immutable;
using System.Globalization;

namespace Sluice.Gateway;

/// <summary>What was answered to a call: all that a record says of it.</summary>
/// <param name="Outcome">Whether the call may proceed.</param>
/// <param name="Limit">The limit that rejected it; else null.</param>
/// <param name="Remaining">Tokens that are left.</param>
/// <param name="Running">Calls that hold a slot of the limit.</param>
/// <param name="RetryAfter">The exact wait.</param>
/// <param name="Delay">How long it is held.</param>
/// <param name="WouldRefuse">Permissive limits that would have rejected it.</param>
internal readonly record struct ReplayedAnswer(
    RateLimitOutcome Outcome, string? Limit, int Remaining, int Running, TimeSpan RetryAfter, TimeSpan Delay, ImmutableArray<string> WouldRefuse)
{
    /// <summary>The answer to a call that no limit meters.</summary>
    internal static ReplayedAnswer Unmetered { get; } = new(
        RateLimitOutcome.Allowed, null, int.MaxValue, 0, TimeSpan.Zero, TimeSpan.Zero, []);

    internal bool IsAllowed => Outcome == RateLimitOutcome.Allowed;

    /// <summary>The answer that was recorded.</summary>
    internal static ReplayedAnswer Of(RecordedCall call) =>
        new(call.Outcome, call.Limit, call.Remaining, call.Running, call.RetryAfter, call.Delay, call.WouldRefuse);

    /// <summary>Whether two answers are the same, to the tick.</summary>
    public bool Equals(ReplayedAnswer other) =>
        Outcome == other.Outcome
        && Limit == other.Limit
        && Remaining == other.Remaining
        && Running == other.Running
        && RetryAfter == other.RetryAfter
        && Delay == other.Delay
        && WouldRefuse.AsSpan().SequenceEqual(other.WouldRefuse.AsSpan());

    /// <summary>The answer in words.</summary>
    public override string ToString()
    {
        string outcome = IsAllowed ? "allowed"
            : Outcome == RateLimitOutcome.Unsatisfiable ? $"rejected for good by '{Limit}'"
            : $"rejected by '{Limit}' for {Seconds(RetryAfter)}";
        return outcome
            + (Delay > TimeSpan.Zero ? $" after {Seconds(Delay)}" : "")
            + (Remaining == int.MaxValue ? "" : $", {Remaining} left")
            + (Running > 0 ? $", {Running} running" : "")
            + (WouldRefuse.IsEmpty ? "" : $", '{string.Join("', '", WouldRefuse)}' would reject");
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#######} s");

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Outcome, Limit, Remaining, Running, RetryAfter, Delay);
}
