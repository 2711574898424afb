namespace Sluice;

/// <summary>The operations that an entry of <c>limits</c> names.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class OperationFilter
{
    private readonly bool _namesOperations;
    private readonly Dictionary<OperationKind, string[]> _patterns = [];
    private readonly NameComparer _methods;

    internal OperationFilter(LimitCondition condition, bool caseSensitive)
    {
        _namesOperations = condition.NamesOperations;
        _methods = OperationNames.For(OperationKind.Method, caseSensitive).Comparer;
        foreach (OperationKind kind in Enum.GetValues<OperationKind>())
        {
            OperationNames names = OperationNames.For(kind, caseSensitive);
            _patterns.Add(kind, [.. condition[kind].Select(names.Canonical).Distinct(StringComparer.Ordinal)]);
        }
    }

    /// <summary>Whether it holds for every operation that is metered.</summary>
    internal bool IsEmpty => !_namesOperations;

    /// <summary>Names and globs of a kind, each in its one spelling.</summary>
    internal string[] PatternsOf(OperationKind kind) => _patterns[kind];

    /// <summary>Whether it names a method.</summary>
    internal bool NamesMethod(string method) => PatternsOf(OperationKind.Method).Any(pattern => new Glob(pattern, _methods).Matches(method));
}
