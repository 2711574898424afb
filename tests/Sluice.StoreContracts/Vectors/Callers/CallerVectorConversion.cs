using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Policies and callers of the caller vectors, as the engine takes them.</summary>
internal static class CallerVectorConversion
{
    internal static RateLimitPolicy Compile(VectorPolicy policy) =>
        RateLimitPolicy.Compile("files", Settings(policy), out ImmutableArray<SettingsFault> faults)
            ?? throw new InvalidOperationException(string.Join(Environment.NewLine, faults));

    internal static CallerIdentity Caller(CallerVectorStep step) => (step.Claims ?? []).Aggregate(
        new CallerIdentity("https://issuer.example", step.User, null, null), (caller, claim) => caller.WithClaim(claim.Name, claim.Values));

    private static RateLimitingSettings Settings(VectorPolicy policy) => new()
    {
        Shared = Rates(policy.Shared),
        PerUser = Rates(policy.PerUser),
        Concurrency = policy.SlotsShared is null && policy.SlotsPerUser is null
            ? null
            : new() { Shared = policy.SlotsShared, PerUser = policy.SlotsPerUser },
        Overrides = [.. (policy.Overrides ?? []).Select(other => new OverrideSettings { When = When(other.When), PerUser = Override(other) })],
        Limits =
        [
            .. (policy.Limits ?? []).Select(limit => new LimitSettings
            {
                Name = limit.Name,
                Per = LimitKey.Of([LimitKeyPart.OfClaim(limit.PerClaim)]),
                When = limit.When is VectorClaim claim ? new LimitCondition { Callers = When(claim) } : new LimitCondition(),
                Rate = Rates(limit.Rates),
                Concurrency = limit.Slots,
                Mode = limit.Permissive ? LimitMode.Permissive : null,
                Overrides =
                [
                    .. (limit.Overrides ?? []).Select(other => new LimitOverrideSettings
                    {
                        When = When(other.When),
                        Rate = limit.Slots is null ? Override(other) : null,
                        Concurrency = other.Slots,
                    }),
                ],
            }),
        ],
    };

    private static CallerCondition When(VectorClaim claim) => new() { Claims = [new ClaimCondition(claim.Name, claim.Values)] };

    private static RateOverride Override(VectorOverride other) =>
        other.Unlimited ? RateOverride.Unlimited : Rates(other.Rates) is RateList rates ? rates : RateOverride.Nothing;

    private static RateList? Rates(ImmutableArray<VectorRate>? rates) =>
        rates is not { Length: > 0 } list ? null : RateList.Create([.. list.Select(Rate)]);

    private static Rate Rate(VectorRate rate) => rate.Window is CalendarUnit window
        ? Sluice.Rate.Calendar(rate.MaxTokens, window, rate.TimeZone ?? "UTC", rate.WeekStart)
        : new(rate.MaxTokens, TimeSpan.FromMicroseconds(rate.PeriodUs), rate.Algorithm, rate.Burst, align: false);
}
