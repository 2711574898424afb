using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>One case of the decision vectors.</summary>
/// <param name="Name">What it is about; unique.</param>
/// <param name="Policies">The limits of each policy, in the order of evaluation.</param>
/// <param name="Steps">What is asked, and what the answers must be.</param>
public sealed record VectorCase(
    string Name, ImmutableArray<ImmutableArray<VectorLimit>> Policies, ImmutableArray<VectorStep> Steps);

/// <summary>Who calls; an absent part is null.</summary>
public sealed record VectorCaller(string Issuer, string? Subject, string? Tenant, string? Client);

/// <summary>A limit on the server, the method <c>tools/call</c> or the tool <c>search</c>.</summary>
/// <param name="Name">The limit's name, as decisions give it.</param>
/// <param name="Kind">Server, method or tool.</param>
/// <param name="Scope">Who shares a bucket.</param>
/// <param name="Algorithm">How the bucket refills; absent for a token bucket.</param>
/// <param name="MaxTokens">Tokens a period.</param>
/// <param name="PeriodUs">The period in microseconds.</param>
/// <param name="Burst">The bucket's size; absent where it is <paramref name="MaxTokens"/>.</param>
/// <param name="Align">Whether windows start on multiples of the period since the Unix epoch.</param>
/// <param name="Window">The unit of the calendar that is the window; absent for all others.</param>
/// <param name="TimeZone">The time zone of that calendar.</param>
/// <param name="WeekStart">The first day of its weeks; absent for Sunday, and where the window is no week.</param>
/// <param name="Permissive">Whether it refuses no call.</param>
public sealed record VectorLimit(
    string Name,
    OperationKind Kind,
    RateLimitScope Scope,
    RateLimitAlgorithm Algorithm,
    int MaxTokens,
    long PeriodUs,
    int? Burst,
    bool Align,
    CalendarUnit? Window,
    string? TimeZone,
    DayOfWeek? WeekStart,
    bool Permissive);

/// <summary>A step of a case. Of refund, charge and reset there is nothing to compare.</summary>
/// <param name="AtUs">When, in microseconds since the store's origin.</param>
/// <param name="Verb">What is asked; absent for acquire.</param>
/// <param name="Caller">Who asks, by index; absent for the first.</param>
/// <param name="Policy">Which policy holds, by index; absent for the first.</param>
/// <param name="Cost">Tokens.</param>
/// <param name="Decision">The answer as a whole.</param>
/// <param name="Limits">The answer of each limit, in the policy's order.</param>
public sealed record VectorStep(
    long AtUs,
    HistoryVerb Verb,
    int Caller,
    int Policy,
    int Cost,
    VectorDecision? Decision,
    ImmutableArray<VectorState>? Limits);

/// <summary>A decision.</summary>
/// <param name="Outcome">Absent for denied.</param>
/// <param name="Limit">The name of the limit that refused; absent when none did.</param>
/// <param name="Remaining">Whole tokens left; 2147483647 where no enforced limit applies.</param>
/// <param name="RetryUs">The wait; -1 when no wait helps.</param>
/// <param name="ResetsAtUs">When the window of a calendar ends, since the Unix epoch; absent where none refused.</param>
public sealed record VectorDecision(RateLimitOutcome Outcome, string? Limit, int Remaining, long RetryUs, long ResetsAtUs);

/// <summary>What one limit answers.</summary>
/// <param name="Outcome">Absent for denied.</param>
/// <param name="Remaining">Whole tokens left.</param>
/// <param name="RetryUs">The wait; -1 when no wait helps.</param>
/// <param name="ResetUs">The time until the bucket is new.</param>
public sealed record VectorState(RateLimitOutcome Outcome, int Remaining, long RetryUs, long ResetUs);
