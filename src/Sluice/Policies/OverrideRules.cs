using System.Collections.Immutable;

namespace Sluice;

/// <summary>The rules of conditions on callers, and of overrides that have them.</summary>
internal static class OverrideRules
{
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    /// <summary>What is wrong with the overrides of a server's or an operation's scopes.</summary>
    internal static IEnumerable<SettingsFault> Check(RateLimitingSettings settings, ImmutableArray<OverrideSettings> overrides)
    {
        if (overrides.Length > SettingsRules.MaxEntries)
        {
            yield return TooMany(overrides.Length);
        }

        CallerTest[] tests = [.. overrides.Select(other => new CallerTest(other.When))];
        for (int index = 0; index < overrides.Length; index++)
        {
            OverrideSettings entry = overrides[index];
            string path = $"overrides[{index}]";
            RateLimitScope[] named = [.. Scopes.Where(scope => entry[scope] is not null)];
            if (named.Length == 0)
            {
                yield return new(path, "sets nothing. Add shared, perTenant, perUser or perClient.");
            }

            IEnumerable<SettingsFault> faults = CheckWhen(entry.When)
                .Concat(named.SelectMany(scope => SettingsRules.CheckRates(settings, LimitNames.Of(scope), entry[scope]!.Rates)));
            foreach (SettingsFault fault in faults)
            {
                yield return fault.WithPathPrefix(path);
            }

            foreach (SettingsFault fault in entry.When.IsEmpty ? [] : Unreachable(overrides, tests, index, named))
            {
                yield return fault.WithPathPrefix(path);
            }
        }
    }

    /// <summary>What is wrong with the overrides of an entry of <c>limits</c>.</summary>
    internal static IEnumerable<SettingsFault> Check(RateLimitingSettings settings, ImmutableArray<LimitOverrideSettings> overrides)
    {
        if (overrides.Length > SettingsRules.MaxEntries)
        {
            yield return TooMany(overrides.Length);
        }

        CallerTest[] tests = [.. overrides.Select(other => new CallerTest(other.When))];
        for (int index = 0; index < overrides.Length; index++)
        {
            LimitOverrideSettings entry = overrides[index];
            string path = $"overrides[{index}]";
            foreach (SettingsFault fault in CheckWhen(entry.When).Concat(SettingsRules.CheckRates(settings, "rate", entry.Rate?.Rates)))
            {
                yield return fault.WithPathPrefix(path);
            }

            int earlier = entry.When.IsEmpty ? -1 : Enumerable.Range(0, index).FirstOrDefault(other => !overrides[other].When.IsEmpty && tests[index].Implies(tests[other]), -1);
            if (earlier >= 0)
            {
                yield return new(path, WhyUnreachable(earlier));
            }
        }
    }

    /// <summary>What is wrong with a condition on callers.</summary>
    /// <param name="callers">The condition.</param>
    internal static IEnumerable<SettingsFault> Check(CallerCondition callers)
    {
        foreach ((string field, ImmutableArray<string> values) in
            ((string, ImmutableArray<string>)[])[("users", callers.Users), ("tenants", callers.Tenants), ("clients", callers.Clients)])
        {
            foreach (SettingsFault fault in CheckValues(values))
            {
                yield return fault.WithPathPrefix(field);
            }
        }

        foreach (IGrouping<string, ClaimCondition> claim in callers.Claims.GroupBy(claim => claim.Name, StringComparer.Ordinal))
        {
            string path = $"claims.{claim.Key}";
            if (LimitKeyPart.WhyNotAClaim(claim.Key) is string wrong)
            {
                yield return new("claims", wrong);
            }

            if (claim.Count() > 1)
            {
                yield return new(path, "has two conditions. Merge their values.");
            }

            ImmutableArray<string> values = [.. claim.SelectMany(condition => condition.Values)];
            IEnumerable<SettingsFault> faults = values.IsEmpty ? [new("", "names no value. Add one.")] : CheckValues(values);
            foreach (SettingsFault fault in faults)
            {
                yield return fault.WithPathPrefix(path);
            }
        }
    }

    private static IEnumerable<SettingsFault> CheckWhen(CallerCondition when)
    {
        if (when.IsEmpty)
        {
            return [new("when", "matches every caller. Add users, tenants, clients or claims, or write the rates above the overrides.")];
        }

        return Check(when).Select(fault => fault.WithPathPrefix("when"));
    }

    private static IEnumerable<SettingsFault> CheckValues(ImmutableArray<string> values)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int index = 0; index < values.Length; index++)
        {
            string value = CallerIdentity.Normalize(values[index]);
            if (value.Length is < 1 or > SettingsRules.MaxNameLength)
            {
                yield return new($"[{index}]", $"has {value.Length} characters, and must have 1 to {SettingsRules.MaxNameLength}.");
            }
            else if (!seen.Add(value))
            {
                yield return new($"[{index}]", "is there twice. Remove one of the two.");
            }
        }
    }

    private static IEnumerable<SettingsFault> Unreachable(
        ImmutableArray<OverrideSettings> overrides, CallerTest[] tests, int index, RateLimitScope[] named)
    {
        (RateLimitScope Scope, int Earlier)[] unreachable =
        [
            .. named
                .Select(scope => (
                    Scope: scope,
                    Earlier: Enumerable.Range(0, index).Where(other => overrides[other][scope] is not null && !overrides[other].When.IsEmpty && tests[index].Implies(tests[other])).DefaultIfEmpty(-1).First()))
                .Where(scope => scope.Earlier >= 0),
        ];
        return unreachable.Length == named.Length
            ? unreachable.Take(1).Select(first => new SettingsFault("", WhyUnreachable(first.Earlier)))
            : unreachable.Select(scope => (Field: LimitNames.Of(scope.Scope), scope.Earlier)).Select(scope => new SettingsFault(
                scope.Field,
                $"is never used: overrides[{scope.Earlier}] comes first, has '{scope.Field}' too, and matches every caller that this entry matches. "
                + $"Move this entry before it, or remove '{scope.Field}' here."));
    }

    private static string WhyUnreachable(int earlier) =>
        $"is never used: overrides[{earlier}] comes first and matches every caller that this entry matches. Move this entry before it, or remove it.";

    private static SettingsFault TooMany(int count) =>
        new("overrides", $"{count} entries are more than {SettingsRules.MaxEntries}. Use a claim that says which callers are alike.");
}
