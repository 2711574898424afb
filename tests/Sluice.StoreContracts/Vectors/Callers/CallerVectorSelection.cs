using System.Collections.Immutable;

namespace Sluice.StoreContracts;

/// <summary>Which numbers hold for a caller, by definition (limits.md, sections 11 to 14), to compare with what the engine selects.</summary>
internal static class CallerVectorSelection
{
    /// <summary>The size of each limit that applies, smallest first; 0 for one that admits nothing.</summary>
    internal static int[] Sizes(VectorPolicy policy, CallerVectorStep step)
    {
        List<int> sizes = [.. Of(policy.Shared), .. Slots(policy.SlotsShared), .. Slots(policy.SlotsPerUser)];
        VectorOverride? own = First(policy.Overrides, step);
        if (policy.PerUser is not null || own?.Rates is { Length: > 0 })
        {
            sizes.AddRange(Sizes(own, policy.PerUser));
        }

        foreach (VectorClaimLimit limit in (policy.Limits ?? []).Where(limit => limit.When is null || Matches(limit.When, step)))
        {
            VectorOverride? other = First(limit.Overrides, step);
            sizes.AddRange(limit.Slots is int slots ? [other?.Slots ?? slots] : Sizes(other, limit.Rates));
        }

        return [.. sizes.Order()];
    }

    /// <summary>The sizes that the engine selects, in the same form.</summary>
    internal static int[] Sizes(ApplicableLimits limits) => [.. limits.Limits.ToArray().Select(limit => limit.Capacity).Order()];

    private static IEnumerable<int> Sizes(VectorOverride? other, ImmutableArray<VectorRate>? otherwise) =>
        other is null ? Of(otherwise) : other.Unlimited ? [] : other.Rates is { Length: > 0 } rates ? Of(rates) : [0];

    private static VectorOverride? First(ImmutableArray<VectorOverride>? overrides, CallerVectorStep step) =>
        (overrides ?? []).FirstOrDefault(other => Matches(other.When, step));

    private static bool Matches(VectorClaim when, CallerVectorStep step) =>
        (step.Claims ?? []).Any(claim => claim.Name == when.Name && claim.Values.Intersect(when.Values).Any());

    private static IEnumerable<int> Of(ImmutableArray<VectorRate>? rates) => (rates ?? []).Select(rate => rate.Burst ?? rate.MaxTokens);

    private static IEnumerable<int> Slots(int? slots) => slots is int calls ? [calls] : [];
}
