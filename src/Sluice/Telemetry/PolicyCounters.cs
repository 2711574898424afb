using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>Everything that is counted of a policy's limits: the bound of what a configuration may cost a reader.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal static class PolicyCounters
{
    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    private static readonly ConditionalWeakTable<RateLimitPolicy, DecisionCounters.OfLimit[]> Started = [];

    /// <summary>Begins the counters of each limit at zero, for each operation whose calls may meet it. They live as long as the policy.</summary>
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

    /// <summary>How many series the decisions of a policy's limits can have.</summary>
    internal static int CountDecisions(RateLimitPolicy policy)
    {
        const int DecisionsOfLimit = 2;
        string[] operations = OperationsOf(policy);
        return policy.Limits.DistinctBy(limit => limit.Name).Sum(limit => DecisionsOfLimit * OperationsOf(limit, operations).Length);
    }

    // A limit on an operation counts the calls that match its own entry, and no others. Those of the server's limits, of limits on
    // backends, and of limits on the methods that name an operation, may match any.
    private static string[] OperationsOf(RateLimit limit, string[] all) =>
        limit.Kind is OperationKind.Server or OperationKind.Backend || (limit.Kind == OperationKind.Method && MayNameOperations(limit.Target.Key))
            ? all
            : [LimitNames.Operation(limit.Target)];

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
