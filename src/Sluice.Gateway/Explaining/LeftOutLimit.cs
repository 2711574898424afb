using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>A limit that does not apply to a call.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Path">Where it is written, from the root of the settings.</param>
/// <param name="Why">Why it does not apply.</param>
internal sealed record LeftOutLimit(string Limit, string Path, string Why)
{
    /// <summary>The limits of a policy that do not apply, apart from those of other operations.</summary>
    internal static IEnumerable<LeftOutLimit> Of(Explanation explanation)
    {
        RateLimitPolicy policy = explanation.Policy!;
        ExplainedCall call = explanation.Call;
        HashSet<RateLimit> applicable = [.. call.Limits.Limits];
        foreach (ExplainedLimits considered in call.Considered)
        {
            if (considered.Limits.Any(applicable.Contains))
            {
                continue;
            }

            ExplainedOverride? unlimited = considered.Overrides.FirstOrDefault(other => other.Decides && other.Limits.IsEmpty);
            yield return new LeftOutLimit(
                considered.Name ?? considered.Path,
                unlimited?.Path ?? considered.Path,
                !considered.Counts ? "its 'when' names other callers"
                : unlimited is not null ? "an override says 'unlimited' for this caller"
                : considered.Limits.IsEmpty ? "it is for the callers of overrides only, and none matches"
                : $"the caller lacks {Lacking(explanation, considered.Key)}, and missingIdentity is skip");
        }

        foreach ((LimitSettings entry, int index) in policy.Settings.Limits.Select((entry, index) => (entry, index)))
        {
            if (call.Considered.All(considered => considered.Name != entry.Name))
            {
                yield return new LeftOutLimit(
                    entry.Name,
                    $"limits[{index}]",
                    IsDisabled(policy, entry.Mode) ? "its mode is disabled" : "its 'when' names other operations");
            }
        }

        if (policy.LimitsBackends && explanation.Request.Backend is null)
        {
            string path = SettingsRules.PathOf(OperationKind.Backend, 0);
            yield return new LeftOutLimit(
                path,
                path,
                explanation.Request.Kind == OperationKind.Method
                    ? "the method does not tell which backend is called. Add --backend"
                    : "the name does not tell which backend has it. Add --backend");
        }

        foreach (LeftOutLimit entry in OfEntries(explanation, policy))
        {
            yield return entry;
        }
    }

    // An entry that names the operation, though another one decides.
    private static IEnumerable<LeftOutLimit> OfEntries(Explanation explanation, RateLimitPolicy policy)
    {
        OperationKind kind = explanation.Request.Kind;
        string name = kind == OperationKind.Method ? explanation.Request.Method : explanation.Request.Operation;
        ImmutableArray<OperationSettings> entries = policy.Settings[kind];
        for (int index = 0; index < entries.Length; index++)
        {
            string path = SettingsRules.PathOf(kind, index);
            if (explanation.Call.Considered.Any(considered => considered.Path.StartsWith(path + ".", StringComparison.Ordinal))
                || explanation.Call.CostPath == path + ".cost"
                || !new OperationMatcher(kind, [entries[index].Name], policy.Settings.CaseSensitive).Matches(name))
            {
                continue;
            }

            yield return new LeftOutLimit(
                entries[index].Name,
                path,
                IsDisabled(policy, entries[index].Mode) ? "its mode is disabled" : $"another entry names '{name}' more exactly");
        }
    }

    private static bool IsDisabled(RateLimitPolicy policy, LimitMode? mode) =>
        policy.Settings.Mode == LimitMode.Disabled || mode == LimitMode.Disabled;

    private static string Lacking(Explanation explanation, LimitKey key) =>
        string.Join(" and ", explanation.KeyOf(key).Where(part => part.Value is null).Select(part => $"'{part.Part}'"));
}
