using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Answers of a store as the decision vectors write them.</summary>
internal static class VectorConversion
{
    /// <summary>A time in microseconds, rounded up; -1 for one that never comes.</summary>
    internal static long Microseconds(TimeSpan time) => time == Timeout.InfiniteTimeSpan
        ? -1
        : (time.Ticks / TimeSpan.TicksPerMicrosecond) + (time.Ticks % TimeSpan.TicksPerMicrosecond == 0 ? 0 : 1);

    internal static VectorDecision Decision(RateLimitDecision decision) =>
        new(decision.Outcome, decision.Limit?.Name, decision.Remaining, Microseconds(decision.RetryAfter), ResetsAt(decision));

    private static long ResetsAt(RateLimitDecision decision) => decision.ResetsAt is DateTimeOffset end
        ? (end - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
        : 0;

    internal static VectorState State(LimitState state) =>
        new(state.Outcome, state.Remaining, Microseconds(state.RetryAfter), Microseconds(state.ResetAfter));

    internal static ImmutableArray<VectorLimit> Limits(ApplicableLimits limits) =>
    [
        .. limits.Limits.ToArray().Select(limit => new VectorLimit(
            limit.Name,
            limit.Kind,
            limit.Key.Scope!.Value,
            limit.Rate.Algorithm,
            limit.Rate.MaxTokens,
            Microseconds(limit.Rate.RefillPeriod),
            limit.Rate.Burst,
            limit.Rate.Align,
            limit.Rate.Window,
            limit.Rate.TimeZone,
            limit.Rate.WeekStart,
            limit.Mode == LimitMode.Permissive)),
    ];

    /// <summary>The policy that such limits were written from.</summary>
    internal static HistoryPolicy Policy(ImmutableArray<VectorLimit> limits) => new(
        [.. limits.Select(limit => new HistoryLimit(limit.Kind, limit.Scope, Rate(limit)))],
        ModeOf(limits, OperationKind.Method),
        ModeOf(limits, OperationKind.Tool));

    private static Rate Rate(VectorLimit limit) => limit.Window is CalendarUnit window ? Sluice.Rate.Calendar(limit.MaxTokens, window, limit.TimeZone!, limit.WeekStart) :
        new(limit.MaxTokens, TimeSpan.FromMicroseconds(limit.PeriodUs), limit.Algorithm, limit.Burst, limit.Align);

    private static LimitMode ModeOf(ImmutableArray<VectorLimit> limits, OperationKind kind) =>
        limits.Any(limit => limit.Kind == kind && limit.Permissive) ? LimitMode.Permissive : LimitMode.Enforce;
}
