using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds limits that are valid and are probably not meant.</summary>
internal static class PolicyAdvice
{
    /// <summary>The warnings for all servers of a file, in its order.</summary>
    /// <param name="file">The file.</param>
    /// <param name="configuration">Its configuration.</param>
    internal static ImmutableArray<Fault> For(string file, GatewayConfiguration configuration)
    {
        DocumentPlaces places = DocumentPlaces.Load(file, ProcessValueSource.Instance);
        return
        [
            .. from server in configuration.Servers.Select((server, index) => (server.Policy, Index: index))
               where server.Policy is not null
               from advice in SharedAlone(server.Policy, configuration.Auth).Concat(NeverReached(server.Policy, configuration.Auth.UserAcrossTenants)).Concat(NothingRefused(server.Policy))
               let place = places.PlaceOfLimit(server.Index, advice.Path)
               orderby place.Line, place.Column
               select place with { Message = advice.Message },
        ];
    }

    // Every caller has a name, and no limit uses it.
    private static IEnumerable<SettingsFault> SharedAlone(RateLimitPolicy policy, AuthConfiguration auth)
    {
        if (auth.IdentifiesCallers && policy.Limits is [RateLimit first, ..] && policy.Limits.All(limit => limit.Key.Count == 0))
        {
            yield return new SettingsFault(
                first.Path,
                "every limit of this server is shared by all callers, so that one caller can use all of it. "
                    + "Callers are known: add 'perUser'.");
        }
    }

    private static IEnumerable<SettingsFault> NothingRefused(RateLimitPolicy policy)
    {
        if (policy.Settings.Mode == LimitMode.Disabled)
        {
            yield return new SettingsFault(
                "mode", "is disabled, so that no limit of this server applies. Remove it to enforce the limits.");
        }
    }

    /// <summary>
    /// Limits that reject no call, because another one rejects it first: it counts every call of the other's callers together, and is
    /// smaller.
    /// </summary>
    private static IEnumerable<SettingsFault> NeverReached(RateLimitPolicy policy, bool userSpansTenants)
    {
        RateLimit[] plain =
        [
            .. policy.Limits.Where(limit => limit is { Mode: LimitMode.Enforce, IsNamed: false, Concurrency: null, AdmitsNothing: false } && !IsOverridden(policy, limit)),
        ];
        bool isUserOfTenant = !userSpansTenants && policy.Settings.MissingIdentity != MissingIdentity.Skip;
        foreach (RateLimit limit in plain)
        {
            RateLimit? smaller = plain.FirstOrDefault(
                other => other != limit && CountsAllOf(other, limit, isUserOfTenant) && IsAbove(limit.Rate, other.Rate));
            if (smaller is not null)
            {
                yield return new SettingsFault(
                    limit.Path,
                    $"{limit.Rate} can never be reached: '{smaller.Path}' is {smaller.Rate} and {(smaller.Key.Equals(limit.Key) ? "counts the same calls" : "counts the calls of all these callers together")}. "
                    + "Lower this number, or remove it.");
            }
        }
    }

    // An override may give either limit other numbers for some callers.
    private static bool IsOverridden(RateLimitPolicy policy, RateLimit limit) =>
        limit.IsOverride
        || policy.Settings.Overrides.Concat(policy.Settings[limit.Kind].SelectMany(entry => entry.Overrides))
            .Any(other => limit.Key.Scope is RateLimitScope scope && other[scope] is not null);

    private static bool CountsAllOf(RateLimit other, RateLimit limit, bool isUserOfTenant) =>
        (other.Kind == OperationKind.Server || other.Target.Equals(limit.Target))
        && other.Key.All(
            part => limit.Key.Contains(part) || (isUserOfTenant && part == LimitKeyPart.Tenant && limit.Key.Contains(LimitKeyPart.User)))
        && (limit.Kind != OperationKind.Method || other.Target.Equals(limit.Target));

    private static bool IsAbove(Rate rate, Rate smaller)
    {
        if (rate.Algorithm != smaller.Algorithm || rate.Window is not null || smaller.Window is not null)
        {
            return false;
        }

        // Windows of different lengths begin at different instants; buckets compare by size and speed.
        Int128 speed = (Int128)rate.MaxTokens * smaller.RefillPeriod.Ticks;
        Int128 ofSmaller = (Int128)smaller.MaxTokens * rate.RefillPeriod.Ticks;
        return rate.Algorithm == RateLimitAlgorithm.TokenBucket
            ? rate.Capacity >= smaller.Capacity && speed >= ofSmaller && (rate.Capacity > smaller.Capacity || speed > ofSmaller)
            : rate.RefillPeriod == smaller.RefillPeriod && rate.Align == smaller.Align && rate.MaxTokens > smaller.MaxTokens;
    }
}
