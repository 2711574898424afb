using System.Collections.Immutable;

namespace Sluice;

/// <summary>Which calls an entry of <c>limits</c> counts: those of some operations, by some callers.</summary>
/// <remarks>
/// <para>
/// A call matches when it is one of the operations that any of <see cref="Tools"/>, <see cref="Prompts"/>, <see cref="Resources"/> and
/// <see cref="Methods"/> names, or when all of these are empty, and when its caller matches <see cref="Callers"/>.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record LimitCondition
{
    /// <summary>The callers.</summary>
    /// <value>The default is every caller.</value>
    public CallerCondition Callers { get; init; } = new();

    /// <summary>Names and globs of tools.</summary>
    public ImmutableArray<string> Tools { get; init; } = [];

    /// <summary>Names and globs of prompts.</summary>
    public ImmutableArray<string> Prompts { get; init; } = [];

    /// <summary>URIs and globs of resources.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary>Names and globs of methods. A method that is named here is metered.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>The names of a kind; none for <see cref="OperationKind.Server"/> and <see cref="OperationKind.Backend"/>.</summary>
    public ImmutableArray<string> this[OperationKind kind] => kind switch
    {
        OperationKind.Server or OperationKind.Backend => [],
        OperationKind.Method => Methods,
        OperationKind.Tool => Tools,
        OperationKind.Prompt => Prompts,
        OperationKind.Resource => Resources,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of operation."),
    };

    /// <summary>Whether it names operations at all.</summary>
    internal bool NamesOperations => !(Tools.IsEmpty && Prompts.IsEmpty && Resources.IsEmpty && Methods.IsEmpty);
}
