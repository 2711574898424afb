namespace Sluice;

/// <summary>Every set of limits that a request can meet, found by its method and the operation that it names.</summary>
/// <remarks>Thread safety: immutable. A look-up does not allocate.</remarks>
internal sealed class PolicyTables(OperationTable tools, OperationTable prompts, OperationTable resources, OperationTable methods)
{
    internal LimitSet Find(ReadOnlySpan<char> method, ReadOnlySpan<char> operation) => Methods.KindOf(method) switch
    {
        OperationKind.Tool => tools.Find(operation),
        OperationKind.Prompt => prompts.Find(operation),
        OperationKind.Resource => resources.Find(operation),
        _ when Methods.IsNeverLimited(method) => LimitSet.None,
        _ => methods.Find(method),
    };
}
