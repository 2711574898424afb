namespace Sluice;

/// <summary>What must hold of the limits that one call can meet together.</summary>
internal sealed class CallRules(RateLimitingSettings settings, CallerTests tests)
{
    /// <summary>More questions about callers than a policy may ask.</summary>
    internal IEnumerable<SettingsFault> CheckTests()
    {
        if (tests.All.Count > CallerTests.Most)
        {
            yield return new(
                "overrides", $"and the conditions of 'limits' ask {tests.All.Count} different questions about a caller, and at most {CallerTests.Most} can be. Merge entries, or use a claim.");
        }
    }

    /// <summary>What is wrong with the limits that calls of a kind can meet.</summary>
    internal IEnumerable<SettingsFault> Check(PolicyCompiler.Calls calls)
    {
        // Where nothing names a method, it is not metered.
        bool areOthersMetered = calls.Kind != OperationKind.Method || settings.Meter == MeteringUnit.All || calls.Filtered.Length > 0;
        LimitGroup[] always = [.. calls.Always.Where(group => group.Named is null)];
        LimitGroup[] named = [.. calls.Always.Where(group => group.Named is not null), .. calls.Filtered];
        Dictionary<LimitGroup, int> together = Together(calls.Kind, named);
        foreach (PolicyCompiler.Entry? entry in areOthersMetered ? calls.Entries.Append(null) : calls.Entries)
        {
            LimitGroup[] certain = [.. always, .. entry?.Groups ?? []];
            LimitGroup[] possible = entry is null || named.Length == 0 ? named : [.. named.Where(group => CanMeet(calls.Kind, group, entry.Key))];
            string path = entry?.Path ?? calls.Method?.Path ?? "";
            foreach (SettingsFault fault in CheckCount(certain, possible, together, path).Concat(CheckCosts(calls, entry, certain, possible)))
            {
                yield return fault;
            }
        }
    }

    private static IEnumerable<SettingsFault> CheckCount(
        LimitGroup[] certain, LimitGroup[] possible, Dictionary<LimitGroup, int> together, string path)
    {
        int fixedCount = certain.Sum(group => group.Most);
        int count = fixedCount + (possible.Length == 0 ? 0 : Math.Min(possible.Sum(group => group.Most), possible.Max(group => together[group])));
        if (count > ApplicableLimits.MaxCount)
        {
            yield return new(
                fixedCount > ApplicableLimits.MaxCount ? path : "limits",
                $"{count} limits {(possible.Length == 0 ? "apply" : "may apply")} to one call, and at most {ApplicableLimits.MaxCount} can. Remove rates of the server, "
                + $"of the method or of the operation{(possible.Length == 0 ? "" : ", or entries of 'limits'")}.");
        }
    }

    /// <summary>For each entry of <c>limits</c>, how many limits it has together with all that some call can meet with it.</summary>
    private Dictionary<LimitGroup, int> Together(OperationKind kind, LimitGroup[] named) =>
        named.Sum(group => group.Most) <= ApplicableLimits.MaxCount
            ? named.ToDictionary(group => group, _ => ApplicableLimits.MaxCount)
            : named.ToDictionary(group => group, group => named.Where(other => CanMeet(kind, group, other)).Sum(other => other.Most));

    private bool CanMeet(OperationKind kind, LimitGroup left, LimitGroup right)
    {
        if (left.Named!.Callers is CallerTest callers && right.Named!.Callers is CallerTest others && callers.Excludes(others))
        {
            return false;
        }

        string[] names = left.Named.Filter.PatternsOf(kind);
        return IsForAll(kind, left) || IsForAll(kind, right) || names.Any(name => CanMeet(kind, right, name));
    }

    private bool CanMeet(OperationKind kind, LimitGroup group, string name)
    {
        NameComparer comparer = OperationNames.For(kind, settings.CaseSensitive).Comparer;
        return IsForAll(kind, group) || group.Named!.Filter.PatternsOf(kind).Any(pattern => Glob.Intersect(pattern, name, comparer));
    }

    private static bool IsForAll(OperationKind kind, LimitGroup group) =>
        group.Named!.Filter.IsEmpty || (kind != OperationKind.Method && group.Named.Filter.NamesMethod(Methods.Of(kind)));

    private IEnumerable<SettingsFault> CheckCosts(
        PolicyCompiler.Calls calls, PolicyCompiler.Entry? entry, LimitGroup[] certain, LimitGroup[] possible)
    {
        if (entry?.Cost is int ofEntry)
        {
            return CheckCost(ofEntry, entry.Path + ".cost", [.. certain, .. possible]);
        }

        if (calls.Method?.Cost is int ofMethod)
        {
            return CheckCost(ofMethod, calls.Method.Path + ".cost", [.. certain, .. possible]);
        }

        // Where entries of `limits` set a cost, the first of them that counts the call decides.
        LimitGroup[] priced = [.. possible.Where(group => group.Named!.Settings.Cost is not null)];
        return priced.Length == 0 ? CheckCost(settings.Cost, "cost", [.. certain, .. possible]) : priced
            .SelectMany(group => CheckCost(
                group.Named!.Settings.Cost!.Value,
                group.Named.Path + ".cost",
                [.. certain, .. possible.Where(other => CanMeet(calls.Kind, group, other) && (other.Order >= group.Order || !priced.Contains(other)))]))
            .Concat(CheckCost(settings.Cost, "cost", [.. certain, .. possible.Except(priced)]));
    }

    private static IEnumerable<SettingsFault> CheckCost(int cost, string path, IEnumerable<LimitGroup> groups) =>
        from limit in groups.SelectMany(some => some.All)
        where !limit.AdmitsNothing && limit.Concurrency is null && cost > limit.Rate.Capacity
        select limit.IsOverride
            ? new SettingsFault(
                limit.Path,
                $"{limit.Rate} holds {limit.Rate.Capacity} tokens, and a call costs {cost} by '{path}', so it could never be admitted. "
                + $"Raise the rate to at least {cost}, lower the cost, or write 0 to admit no call.")
            : new SettingsFault(
                path,
                $"{cost} tokens can never be met by the limit '{limit.Name}', whose bucket holds {limit.Rate.Capacity}. "
                + $"Lower the cost, or raise the limit to at least {cost}.");
}
