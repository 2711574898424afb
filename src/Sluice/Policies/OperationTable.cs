using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Sluice;

/// <summary>
/// Finds the limits of an operation by its name: those of its entry, which is an exact one, else the most specific glob, and those of each
/// filter that names it.
/// </summary>
/// <remarks>
/// <para>
/// The sets for names that something names exactly are made at once, and all others where no filter has globs. Else they are made when a
/// name matches other globs than those before it; there is a bounded number of them.
/// </para>
/// <para>Thread safety: any thread may ask. A look-up does not allocate.</para>
/// </remarks>
internal sealed class OperationTable
{
    private const int MaxStackChars = 512;
    private const int MostSets = 1_024;
    private const int BitsPerWord = 64;
    private readonly FrozenDictionary<string, LimitSet>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly (Glob Glob, int Entry)[] _globs;
    private readonly (Glob[] Globs, int Filter)[] _filters;
    private readonly LimitSet[] _byEntry;
    private readonly ConcurrentDictionary<ulong[], LimitSet> _byMatches = new(WordsComparer.Instance);
    private readonly Func<int, int[], LimitSet> _make;
    private readonly bool _namesAreUris;

    /// <param name="entries">The names of the entries as <see cref="OperationNames"/> canonicalises them, globs among them.</param>
    /// <param name="filters">The names that each filter names, likewise.</param>
    /// <param name="make">Makes the limits of an operation, by the number of its entry, or -1, and the numbers of its filters.</param>
    /// <param name="names">How names compare.</param>
    internal OperationTable(string[] entries, string[][] filters, Func<int, int[], LimitSet> make, OperationNames names)
    {
        _make = make;
        _namesAreUris = names.AreUris;

        // Stable: of two globs that are equally specific, the first in the configuration wins.
        _globs =
        [
            .. entries.Index()
                .Where(entry => Glob.IsGlob(entry.Item))
                .Select(entry => (Glob: new Glob(entry.Item, names.Comparer), Entry: entry.Index))
                .OrderByDescending(entry => entry.Glob.FixedLength),
        ];
        _filters =
        [
            .. filters.Index()
                .Select(filter => (Globs: filter.Item.Where(Glob.IsGlob).Select(name => new Glob(name, names.Comparer)).ToArray(), Filter: filter.Index))
                .Where(filter => filter.Globs.Length > 0),
        ];
        Dictionary<string, int> exactEntries = entries.Index().Where(entry => !Glob.IsGlob(entry.Item)).ToDictionary(entry => entry.Item, entry => entry.Index, names.Comparer);
        ILookup<string, int> exactFilters = filters.Index()
            .SelectMany(filter => filter.Item.Where(name => !Glob.IsGlob(name)).Select(name => (Name: name, filter.Index)))
            .ToLookup(filter => filter.Name, filter => filter.Index, names.Comparer);
        Dictionary<string, LimitSet> made = new(StringComparer.Ordinal);
        _exact = exactEntries.Keys
            .Union(exactFilters.Select(filter => filter.Key), names.Comparer)
            .ToFrozenDictionary(
                name => name,
                name => Make(
                    made,
                    exactEntries.TryGetValue(name, out int entry) ? entry : EntryByGlob(name),
                    [.. exactFilters[name].Concat(_filters.Where(filter => Matches(filter.Globs, name)).Select(filter => filter.Filter)).Distinct().Order()]),
                names.Comparer)
            .GetAlternateLookup<ReadOnlySpan<char>>();
        _byEntry = [.. Enumerable.Range(-1, entries.Length + 1).Select(entry => Make(made, entry, []))];
    }

    /// <summary>The limits of an operation that nothing names.</summary>
    internal LimitSet Others => _byEntry[0];

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

    private static bool Matches(Glob[] globs, ReadOnlySpan<char> name)
    {
        foreach (Glob glob in globs)
        {
            if (glob.Matches(name))
            {
                return true;
            }
        }

        return false;
    }

    private LimitSet Make(Dictionary<string, LimitSet> made, int entry, int[] filters)
    {
        string key = $"{entry}:{string.Join(',', filters)}";
        if (!made.TryGetValue(key, out LimitSet? set))
        {
            made.Add(key, set = _make(entry, filters));
        }

        return set;
    }

    private LimitSet FindCanonical(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out LimitSet? exact))
        {
            return exact;
        }

        int entry = EntryByGlob(name);
        return _filters.Length == 0 ? _byEntry[entry + 1] : FindFiltered(name, entry);
    }

    private int EntryByGlob(ReadOnlySpan<char> name)
    {
        foreach ((Glob glob, int entry) in _globs)
        {
            if (glob.Matches(name))
            {
                return entry;
            }
        }

        return -1;
    }

    private LimitSet FindFiltered(ReadOnlySpan<char> name, int entry)
    {
        // The entry, then a bit for each filter.
        Span<ulong> matches = stackalloc ulong[2 + (SettingsRules.MaxEntries / BitsPerWord)];
        matches.Clear();
        matches[0] = (ulong)(entry + 1);
        bool matchesAny = false;
        for (int i = 0; i < _filters.Length; i++)
        {
            if (Matches(_filters[i].Globs, name))
            {
                matches[1 + (i / BitsPerWord)] |= 1UL << (i % BitsPerWord);
                matchesAny = true;
            }
        }

        return !matchesAny ? _byEntry[entry + 1]
            : _byMatches.GetAlternateLookup<ReadOnlySpan<ulong>>().TryGetValue(matches, out LimitSet? known) ? known
            : MakeFiltered(matches.ToArray(), entry);
    }

    private LimitSet MakeFiltered(ulong[] matches, int entry)
    {
        if (_byMatches.Count >= MostSets)
        {
            _byMatches.Clear(); // Callers choose names, and so combinations of globs, but they do not choose how much memory that takes.
        }

        int[] filters = [.. _filters.Index().Where(filter => (matches[1 + (filter.Index / BitsPerWord)] >> (filter.Index % BitsPerWord) & 1) != 0).Select(filter => filter.Item.Filter)];
        return _byMatches.GetOrAdd(matches, _make(entry, filters));
    }
}
