namespace Sluice;

/// <summary>Names of limits for people, documents and labels; unique within a policy.</summary>
internal static class LimitNames
{
    /// <summary>The label of operations that the configuration does not name.</summary>
    internal const string OtherOperation = "other";

    /// <summary>The label of an operation that the configuration names.</summary>
    internal static string Operation(LimitTarget target) =>
        target is { Kind: OperationKind.Tool, Operation: OtherOperation }
            ? $"{Of(target.Kind)}:{target.Operation}"
            : Prefix(target) + target.Operation;

    internal static string Of(LimitTarget target, LimitKey key) =>
        target.Name is string name ? name
        : target.Kind == OperationKind.Server ? key.ToString()
        : $"{Prefix(target)}{target.Operation}/{key}";

    /// <summary>
    /// What tells a limit on concurrency from the rates of its scope; an entry of <c>limits</c> has a rate or concurrency.
    /// </summary>
    internal static string OfSlots(LimitTarget target) => target.IsNamed ? "" : "/concurrency";

    /// <summary>What tells a rate of a list from the others: its period, and the algorithm where two share a period.</summary>
    internal static string Suffix(RateList rates, int index) => rates.Count == 1 ? "" : SuffixInList(rates, index);

    private static string SuffixInList(RateList rates, int index)
    {
        Rate rate = rates[index];
        string period = "/" + RateText.Period(rate);
        bool isTheOnlyOne = rates.Count(other => other.Window == rate.Window && other.RefillPeriod == rate.RefillPeriod) == 1;
        return isTheOnlyOne ? period : $"{period}/{RateText.Name(rate.Algorithm)}";
    }

    /// <summary>The scope as configuration and rejections spell it.</summary>
    internal static string Of(RateLimitScope scope) => scope switch
    {
        RateLimitScope.Shared => "shared",
        RateLimitScope.PerTenant => "perTenant",
        RateLimitScope.PerUser => "perUser",
        RateLimitScope.PerClient => "perClient",
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };

    /// <summary>The kind as configuration and rejections spell it.</summary>
    internal static string Of(OperationKind kind) => kind switch
    {
        OperationKind.Server => "server",
        OperationKind.Method => "method",
        OperationKind.Tool => "tool",
        OperationKind.Prompt => "prompt",
        OperationKind.Resource => "resource",
        OperationKind.Backend => "backend",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of operation."),
    };

    // A tool goes by its bare name, unless that would read as another kind's.
    private static string Prefix(LimitTarget target) =>
        target.Kind == OperationKind.Tool && !StartsWithKind(target.Operation) ? "" : Of(target.Kind) + ":";

    private static bool StartsWithKind(string operation) =>
        operation.StartsWith("tool:", StringComparison.Ordinal)
        || operation.StartsWith("prompt:", StringComparison.Ordinal)
        || operation.StartsWith("resource:", StringComparison.Ordinal)
        || operation.StartsWith("method:", StringComparison.Ordinal)
        || operation.StartsWith("backend:", StringComparison.Ordinal);
}
