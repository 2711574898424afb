namespace Sluice;

/// <summary>A set of names and globs of one kind of operation, compared as limits compare them.</summary>
/// <remarks>
/// <para>
/// Surrounding white space does not count, nor does the case of ASCII letters unless the set is case-sensitive, and URIs of
/// resources are normalised first. <c>*</c> stands for any characters.
/// </para>
/// <para>Thread safety: immutable. A look-up does not allocate, except for URIs of more than 512 characters.</para>
/// </remarks>
public sealed class OperationMatcher
{
    private readonly OperationTable _table;

    /// <summary>A set of names.</summary>
    /// <param name="kind">A tool, prompt, resource or method.</param>
    /// <param name="names">Names and globs; of those that mean the same, one counts.</param>
    /// <param name="caseSensitive">Whether <c>Search</c> and <c>search</c> are two tools.</param>
    /// <exception cref="ArgumentNullException"><paramref name="names"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is <see cref="OperationKind.Server"/>, which has no
    /// names.</exception>
    public OperationMatcher(OperationKind kind, IEnumerable<string> names, bool caseSensitive)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentOutOfRangeException.ThrowIfEqual(kind, OperationKind.Server);
        Kind = kind;
        OperationNames rules = OperationNames.For(kind, caseSensitive);
        LimitSet found = new([], CallTerms.None, new CallerClasses([]));
        _table = new OperationTable(
            [.. names.Select(rules.Canonical).Distinct(rules.Comparer)], [], (entry, _) => entry < 0 ? LimitSet.None : found, rules);
    }

    /// <summary>What it names.</summary>
    public OperationKind Kind { get; }

    /// <summary>Whether a name or glob of the set matches the operation.</summary>
    /// <param name="operation">The name or URI, as the caller wrote it.</param>
    public bool Matches(ReadOnlySpan<char> operation) => _table.Find(operation) != _table.Others;
}
