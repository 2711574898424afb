namespace Sluice;

/// <summary>The rules for the limits that can apply to one call together.</summary>
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
    internal List<SettingsFault> Check(PolicyCompiler.Calls calls)
    {
        // Where nothing names a method, it is not metered.
        bool areOthersMetered = calls.Kind != OperationKind.Method || settings.Meter == MeteredRequests.All || calls.Filtered.Length > 0;
        List<SettingsFault> faults = [];
        LimitGroup[] always = [.. calls.Always.Where(group => group.Named is null)];
        LimitGroup[] named = [.. calls.Always.Where(group => group.Named is not null), .. calls.Filtered];
        Dictionary<LimitGroup, int> together = Together(calls.Kind, named);
        foreach (PolicyCompiler.Entry? entry in areOthersMetered ? calls.Entries.Append(null) : calls.Entries)
        {
            LimitGroup[] own = entry?.Groups ?? [];
            LimitGroup[] certain = always.Length == 0 ? own : [.. always, .. own];
            LimitGroup[] possible = entry is null || named.Length == 0 ? named : PossibleOf(calls.Kind, named, entry);
            CheckCount(faults, certain, possible, together, entry?.Path ?? calls.Method?.Path ?? "");
            CheckCosts(faults, calls, entry, certain, possible);
        }

        return faults;
    }

    private LimitGroup[] PossibleOf(OperationKind kind, LimitGroup[] named, PolicyCompiler.Entry entry) =>
        [.. named.Where(group => CanMeet(kind, group, entry.Key))];

    private static void CheckCount(
        List<SettingsFault> faults, LimitGroup[] certain, LimitGroup[] possible, Dictionary<LimitGroup, int> together, string path)
    {
        int fixedCount = 0;
        foreach (LimitGroup group in certain)
        {
            fixedCount += group.Most;
        }

        int count = fixedCount + (possible.Length == 0 ? 0 : MostOf(possible, together));
        if (count > ApplicableLimits.MaxCount)
        {
            faults.Add(new(
                fixedCount > ApplicableLimits.MaxCount ? path : "limits",
                $"{count} limits {(possible.Length == 0 ? "apply" : "may apply")} to one call, and at most {ApplicableLimits.MaxCount} can. Remove rates of the server, "
                + $"of the method or of the operation{(possible.Length == 0 ? "" : ", or entries of 'limits'")}."));
        }
    }

    private static int MostOf(LimitGroup[] possible, Dictionary<LimitGroup, int> together) =>
        Math.Min(possible.Sum(group => group.Most), possible.Max(group => together[group]));

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

    private void CheckCosts(
        List<SettingsFault> faults, PolicyCompiler.Calls calls, PolicyCompiler.Entry? entry, LimitGroup[] certain, LimitGroup[] possible)
    {
        if (entry?.Cost is int ofEntry)
        {
            CheckCost(faults, ofEntry, entry.Path + ".cost", certain, possible);
        }
        else if (calls.Method?.Cost is int ofMethod)
        {
            CheckCost(faults, ofMethod, calls.Method.Path + ".cost", certain, possible);
        }
        else if (!Array.Exists(possible, static group => group.Named!.Settings.Cost is not null))
        {
            CheckCost(faults, settings.Cost, "cost", certain, possible);
        }
        else
        {
            CheckCostsOfLimits(faults, calls.Kind, certain, possible);
        }
    }

    // Where entries of `limits` set a cost, the first of them that counts the call decides.
    private void CheckCostsOfLimits(List<SettingsFault> faults, OperationKind kind, LimitGroup[] certain, LimitGroup[] possible)
    {
        LimitGroup[] priced = [.. possible.Where(group => group.Named!.Settings.Cost is not null)];
        foreach (LimitGroup group in priced)
        {
            CheckCost(
                faults,
                group.Named!.Settings.Cost!.Value,
                group.Named.Path + ".cost",
                certain,
                [.. possible.Where(other => CanMeet(kind, group, other) && (other.Order >= group.Order || !priced.Contains(other)))]);
        }

        CheckCost(faults, settings.Cost, "cost", certain, [.. possible.Except(priced)]);
    }

    private static void CheckCost(List<SettingsFault> faults, int cost, string path, LimitGroup[] certain, LimitGroup[] possible)
    {
        CheckCost(faults, cost, path, certain);
        CheckCost(faults, cost, path, possible);
    }

    private static void CheckCost(List<SettingsFault> faults, int cost, string path, LimitGroup[] groups)
    {
        foreach (LimitGroup group in groups)
        {
            CheckCost(faults, cost, path, group.Limits);
            foreach ((_, RateLimit[] limits, _) in group.Overrides)
            {
                CheckCost(faults, cost, path, limits);
            }
        }
    }

    private static void CheckCost(List<SettingsFault> faults, int cost, string path, RateLimit[] limits)
    {
        foreach (RateLimit limit in limits)
        {
            if (!limit.AdmitsNothing && limit.Concurrency is null && cost > limit.Rate.Capacity)
            {
                faults.Add(limit.IsOverride
                    ? new SettingsFault(
                        limit.Path,
                        $"{limit.Rate} holds {limit.Rate.Capacity} tokens, and a call costs {cost} by '{path}', so it could never be admitted. "
                        + $"Raise the rate to at least {cost}, lower the cost, or write 0 to admit no call.")
                    : new SettingsFault(
                        path,
                        $"{cost} tokens can never be met by the limit '{limit.Name}', whose bucket holds {limit.Rate.Capacity}. "
                        + $"Lower the cost, or raise the limit to at least {cost}."));
            }
        }
    }
}
