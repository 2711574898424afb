using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>An entry of a server's allow list: operations, and what a caller must have to call them.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record AllowRule
{
    /// <summary>The operations: at most one set of each kind, and at least one.</summary>
    public required ImmutableArray<OperationMatcher> Operations { get; init; }

    /// <summary>The claim that is asked for; null when the operations are open to every caller.</summary>
    public string? Claim { get; init; }

    /// <summary>The values of the claim of which a caller must have one; empty exactly when <see cref="Claim"/> is null.</summary>
    public ImmutableArray<string> Values { get; init; } = [];

    /// <summary>Whether it applies to an operation.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="operation">Its name or URI, as the caller wrote it.</param>
    public bool AppliesTo(OperationKind kind, ReadOnlySpan<char> operation)
    {
        foreach (OperationMatcher matcher in Operations)
        {
            if (matcher.Kind == kind && matcher.Matches(operation))
            {
                return true;
            }
        }

        return false;
    }
}
