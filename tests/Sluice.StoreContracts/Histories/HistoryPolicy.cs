using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>A policy of a history: the limits that a call of the tool <c>search</c> meets.</summary>
/// <param name="Limits">Those of one kind and scope are a list of rates.</param>
/// <param name="MethodMode">The mode of the limits on the method.</param>
/// <param name="ToolMode">The mode of the limits on the tool.</param>
public sealed record HistoryPolicy(ImmutableArray<HistoryLimit> Limits, LimitMode MethodMode, LimitMode ToolMode)
{
    /// <summary>The limits as a store meets them.</summary>
    public ApplicableLimits Compile()
    {
        RateLimitingSettings settings = new()
        {
            Shared = RateOf(OperationKind.Server, RateLimitScope.Shared),
            PerTenant = RateOf(OperationKind.Server, RateLimitScope.PerTenant),
            PerUser = RateOf(OperationKind.Server, RateLimitScope.PerUser),
            PerClient = RateOf(OperationKind.Server, RateLimitScope.PerClient),
            Methods = Entries(OperationKind.Method, "tools/call", MethodMode),
            Tools = Entries(OperationKind.Tool, "search", ToolMode),
            SlidingWindowCeiling = int.MaxValue,
        };
        RateLimitPolicy policy = RateLimitPolicy.Compile("files", settings, out ImmutableArray<SettingsFault> faults)
            ?? throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        return policy.Select("tools/call", "search", CallerIdentity.None);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", Limits.Select(limit => $"{limit.Kind}/{limit.Scope}{ModeOf(limit.Kind)} {Numbers(limit.Rate)}"));

    private static string Numbers(Rate rate) => rate.Window is not null ? rate.ToString() :
        $"{rate.Algorithm} {rate.MaxTokens} per {rate.RefillPeriod.Ticks} ticks"
        + (rate.Burst is int burst ? $" burst {burst}" : "")
        + (rate.Align ? " aligned" : "");

    private string ModeOf(OperationKind kind) =>
        (kind == OperationKind.Method && MethodMode == LimitMode.Permissive)
        || (kind == OperationKind.Tool && ToolMode == LimitMode.Permissive)
            ? " (permissive)"
            : "";

    private ImmutableArray<OperationSettings> Entries(OperationKind kind, string name, LimitMode mode) =>
        Limits.All(limit => limit.Kind != kind) ? [] :
        [
            new OperationSettings
            {
                Name = name,
                Mode = mode,
                Shared = RateOf(kind, RateLimitScope.Shared),
                PerTenant = RateOf(kind, RateLimitScope.PerTenant),
                PerUser = RateOf(kind, RateLimitScope.PerUser),
                PerClient = RateOf(kind, RateLimitScope.PerClient),
            },
        ];

    private RateList? RateOf(OperationKind kind, RateLimitScope scope)
    {
        Rate[] rates = [.. Limits.Where(limit => limit.Kind == kind && limit.Scope == scope).Select(limit => limit.Rate)];
        return rates.Length == 0 ? null : RateList.Create(rates);
    }
}
