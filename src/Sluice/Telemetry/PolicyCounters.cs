using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Everything that is counted of a policy's limits: the bound of what a configuration may cost a reader.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal static class PolicyCounters
{
    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    private static readonly ConditionalWeakTable<RateLimitPolicy, DecisionCounters.OfLimit[]> Started = [];

    /// <summary>
    /// Begins the counters of each limit at zero, for each operation whose calls may meet it. They live as long as the policy.
    /// </summary>
    internal static void Start(RateLimitPolicy policy) => Started.GetValue(policy, static policy =>
    {
        string[] operations = OperationsOf(policy);
        return
        [
            .. from limit in policy.Limits.DistinctBy(limit => limit.Name)
               from operation in OperationsOf(limit, operations)
               select new DecisionCounters.OfLimit(limit, operation),
        ];
    });

    /// <summary>How many series a policy's limits can have, and their decisions. It is counted once for a policy.</summary>
    internal static (int Limits, int Decisions) CountSeries(RateLimitPolicy policy)
    {
        const int DecisionsOfLimit = 2;
        if (policy.Series is (int, int) known)
        {
            return known;
        }

        int operations = 1 + NamedKinds.Sum(kind => policy.Settings[kind].Length); // And all that no entry names.
        HashSet<string> names = new(policy.Limits.Length, StringComparer.Ordinal);
        int decisions = 0;
        foreach (RateLimit limit in policy.Limits)
        {
            decisions += !names.Add(limit.Name) ? 0 : DecisionsOfLimit * (MayMatchAny(limit) ? operations : 1);
        }

        policy.Series = (names.Count, decisions);
        return (names.Count, decisions);
    }

    // A limit on an operation counts the calls that match its own entry, and no others. Those of the server's limits, of limits on
    // backends, and of limits on the methods that name an operation, may match any.
    private static bool MayMatchAny(RateLimit limit) =>
        limit.Kind is OperationKind.Server or OperationKind.Backend
        || (limit.Kind == OperationKind.Method && MayNameOperations(limit.Target.Key));

    private static string[] OperationsOf(RateLimit limit, string[] all) =>
        MayMatchAny(limit) ? all : [LimitNames.Operation(limit.Target)];

    private static bool MayNameOperations(string method) =>
        Glob.IsGlob(method) || NamedKinds.Any(kind => kind != OperationKind.Method && Methods.Of(kind) == method);

    private static string[] OperationsOf(RateLimitPolicy policy) =>
    [
        LimitNames.OtherOperation,
        .. from kind in NamedKinds
           from entry in policy.Settings[kind]
           select LimitNames.Operation(new LimitTarget(policy.Server, kind, entry.Name.Trim(), "")),
    ];
}
