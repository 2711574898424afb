using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Sluice.StoreContracts;

/// <summary>One case: a policy for the server <c>files</c>, and calls of the tool <c>search</c>.</summary>
/// <param name="Name">What it is about; unique.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Steps">What is asked, and what the answers must be.</param>
public sealed record CallerVectorCase(string Name, VectorPolicy Policy, ImmutableArray<CallerVectorStep> Steps)
{
    /// <summary>Whether calls wait.</summary>
    [JsonIgnore]
    public bool IsWaiting => Steps.Any(step => step.Verb == CallerVectorVerb.Reserve);
}

/// <summary>A policy. What is absent limits nothing.</summary>
/// <param name="Shared">Rates of the server for all callers.</param>
/// <param name="PerUser">Rates of the server for each user.</param>
/// <param name="SlotsShared">Calls of all callers at once.</param>
/// <param name="SlotsPerUser">Calls of each user at once.</param>
/// <param name="Overrides">Other rates for some users; the first entry that matches decides.</param>
/// <param name="Limits">Limits by claims.</param>
public sealed record VectorPolicy(
    ImmutableArray<VectorRate>? Shared = null,
    ImmutableArray<VectorRate>? PerUser = null,
    int? SlotsShared = null,
    int? SlotsPerUser = null,
    ImmutableArray<VectorOverride>? Overrides = null,
    ImmutableArray<VectorClaimLimit>? Limits = null)
{
    /// <summary>Whether a caller's claims give a rate other numbers.</summary>
    [JsonIgnore]
    public bool ChangesNumbers =>
        (Overrides ?? []).Concat((Limits ?? []).SelectMany(limit => limit.Overrides ?? [])).Any(other => other.Rates is not null);
}

/// <summary>A rate; as in decisions.json.</summary>
public sealed record VectorRate(
    RateLimitAlgorithm Algorithm,
    int MaxTokens,
    long PeriodUs,
    int? Burst = null,
    CalendarUnit? Window = null,
    string? TimeZone = null,
    DayOfWeek? WeekStart = null);

/// <summary>Other numbers for the callers whose claim has one of the values.</summary>
/// <param name="When">The callers.</param>
/// <param name="Rates">The rates in place of those of the limit; an empty list admits nothing.</param>
/// <param name="Unlimited">Whether the limit does not apply to these callers.</param>
/// <param name="Slots">The calls at once, for a limit on concurrency.</param>
public sealed record VectorOverride(VectorClaim When, ImmutableArray<VectorRate>? Rates = null, bool Unlimited = false, int? Slots = null);

/// <summary>A claim with its values. A caller's values are a set: order and repetition do not matter.</summary>
public sealed record VectorClaim(string Name, ImmutableArray<string> Values);

/// <summary>A limit with one bucket for each set of values of a claim; all callers without the claim share one.</summary>
/// <param name="Name">The limit's name.</param>
/// <param name="PerClaim">The claim.</param>
/// <param name="Rates">The rates; absent where it limits calls at once.</param>
/// <param name="Slots">The calls at once.</param>
/// <param name="Permissive">Whether it rejects no call.</param>
/// <param name="When">The callers that it applies to; absent for all.</param>
/// <param name="Overrides">Other numbers for some callers.</param>
public sealed record VectorClaimLimit(
    string Name,
    string PerClaim,
    ImmutableArray<VectorRate>? Rates = null,
    int? Slots = null,
    bool Permissive = false,
    VectorClaim? When = null,
    ImmutableArray<VectorOverride>? Overrides = null);

/// <summary>A step. Charge, refund, reset, release and cancel have no answer to compare.</summary>
/// <param name="AtUs">When, in microseconds since the store's origin.</param>
/// <param name="Verb">What is asked; absent for acquire.</param>
/// <param name="User">Who asks.</param>
/// <param name="Claims">The claims of the caller; absent for none.</param>
/// <param name="Cost">Tokens.</param>
/// <param name="Call">The index of the step whose call is released or cancelled.</param>
/// <param name="MaxWaitUs">The longest wait of a call that may wait.</param>
/// <param name="Decision">The answer as a whole.</param>
/// <param name="DelayUs">How long an admitted call is held.</param>
/// <param name="Running">The calls that run where a limit on concurrency rejected the call.</param>
/// <param name="Limits">The names of the limits that apply, in order.</param>
/// <param name="States">The answer of each limit; absent for a call that may wait.</param>
public sealed record CallerVectorStep(
    long AtUs,
    CallerVectorVerb Verb,
    string User,
    ImmutableArray<VectorClaim>? Claims,
    int Cost,
    int Call = 0,
    long MaxWaitUs = 0,
    VectorDecision? Decision = null,
    long DelayUs = 0,
    int Running = 0,
    ImmutableArray<string>? Limits = null,
    ImmutableArray<VectorState>? States = null);
