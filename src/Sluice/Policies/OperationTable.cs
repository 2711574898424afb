using System.Buffers;
using System.Collections.Frozen;

namespace Sluice;

/// <summary>Finds the limits of an operation by its name: an exact entry, else the most specific glob, else those without a name.</summary>
/// <remarks>Thread safety: immutable. A look-up does not allocate.</remarks>
internal sealed class OperationTable
{
    private const int MaxStackChars = 512;
    private readonly FrozenDictionary<string, LimitSet>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly (Glob Glob, LimitSet Limits)[] _globs;
    private readonly bool _namesAreUris;

    /// <param name="entries">Names as <see cref="OperationNames"/> canonicalises them, globs among them.</param>
    /// <param name="others">The limits of an operation that no entry matches.</param>
    /// <param name="names">How names compare.</param>
    internal OperationTable(IEnumerable<(string Key, LimitSet Limits)> entries, LimitSet others, OperationNames names)
    {
        Others = others;
        _namesAreUris = names.AreUris;
        ILookup<bool, (string Key, LimitSet Limits)> byGlob = entries.ToLookup(entry => Glob.IsGlob(entry.Key));
        _exact = byGlob[false]
            .ToFrozenDictionary(entry => entry.Key, entry => entry.Limits, names.Comparer)
            .GetAlternateLookup<ReadOnlySpan<char>>();

        // Stable: of two globs that are equally specific, the first in the configuration wins.
        _globs =
        [
            .. byGlob[true]
                .Select(entry => (Glob: new Glob(entry.Key, names.Comparer), entry.Limits))
                .OrderByDescending(entry => entry.Glob.FixedLength),
        ];
    }

    /// <summary>The limits of an operation that no entry matches.</summary>
    internal LimitSet Others { get; }

    internal LimitSet Find(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> trimmed = name.Trim();
        if (!_namesAreUris)
        {
            return FindCanonical(trimmed);
        }

        char[]? rented = trimmed.Length > MaxStackChars ? ArrayPool<char>.Shared.Rent(trimmed.Length) : null;
        Span<char> buffer = rented ?? stackalloc char[MaxStackChars];
        int length = ResourceUri.Normalize(trimmed, buffer);
        LimitSet found = FindCanonical(buffer[..length]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return found;
    }

    private LimitSet FindCanonical(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out LimitSet? exact))
        {
            return exact;
        }

        foreach ((Glob glob, LimitSet limits) in _globs)
        {
            if (glob.Matches(name))
            {
                return limits;
            }
        }

        return Others;
    }
}
