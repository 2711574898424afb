namespace Sluice;

/// <summary>Every label that the limits of a policy can have: the bound of what a configuration may cost a reader.</summary>
internal static class PolicyLabels
{
    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    /// <summary>The labels of each limit for each operation whose calls may meet it.</summary>
    internal static IEnumerable<DecisionLabels.OfLimit> Of(RateLimitPolicy policy)
    {
        string[] operations = OperationsOf(policy);
        foreach (RateLimit limit in policy.Limits.DistinctBy(limit => limit.Name))
        {
            foreach (string operation in OperationsOf(limit, operations))
            {
                yield return new DecisionLabels.OfLimit(limit, operation);
            }
        }
    }

    /// <summary>How many series the decisions of a policy's limits can have.</summary>
    internal static int CountDecisions(RateLimitPolicy policy)
    {
        const int DecisionsOfLimit = 2;
        string[] operations = OperationsOf(policy);
        return policy.Limits.DistinctBy(limit => limit.Name).Sum(limit => DecisionsOfLimit * OperationsOf(limit, operations).Length);
    }

    // A limit on an operation counts the calls that match its own entry, and no others. Those of the server's limits, and of limits
    // on the methods that name an operation, may match any.
    private static string[] OperationsOf(RateLimit limit, string[] all) =>
        limit.Kind == OperationKind.Server || (limit.Kind == OperationKind.Method && MayNameOperations(limit.Target.Key))
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
