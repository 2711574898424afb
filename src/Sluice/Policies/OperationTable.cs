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
    private readonly LimitSet?[] _byEntry;
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
        _byEntry = new LimitSet?[entries.Length + 1];
        Others = Make(-1);
        foreach ((_, int entry) in _globs)
        {
            Make(entry);
        }

        _exact = SetsOfNames(entries, filters, names).ToFrozenDictionary(names.Comparer).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The limits of an operation that nothing names.</summary>
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

    /// <summary>The limits of each name that an entry or a filter names exactly.</summary>
    private Dictionary<string, LimitSet> SetsOfNames(string[] entries, string[][] filters, OperationNames names)
    {
        Dictionary<string, LimitSet> sets = new(entries.Length, names.Comparer);
        Dictionary<string, List<int>> named = NamedBy(filters, names);
        Dictionary<string, LimitSet> made = new(StringComparer.Ordinal);
        for (int entry = 0; entry < entries.Length; entry++)
        {
            if (!Glob.IsGlob(entries[entry]))
            {
                sets.Add(entries[entry], SetOf(entries[entry], entry));
            }
        }

        foreach (string name in named.Keys.Where(name => !sets.ContainsKey(name)))
        {
            sets.Add(name, SetOf(name, EntryByGlob(name)));
        }

        return sets;

        LimitSet SetOf(string name, int entry) => filters.Length == 0 ? Make(entry) : Make(made, entry, FiltersOf(name, named));
    }

    /// <summary>The numbers of the filters that name an operation.</summary>
    private int[] FiltersOf(string name, Dictionary<string, List<int>> named) =>
        [.. named.GetValueOrDefault(name, []).Concat(_filters.Where(filter => Matches(filter.Globs, name)).Select(filter => filter.Filter)).Distinct().Order()];

    /// <summary>Each name that filters name exactly, with their numbers.</summary>
    private static Dictionary<string, List<int>> NamedBy(string[][] filters, OperationNames names)
    {
        Dictionary<string, List<int>> named = new(names.Comparer);
        foreach ((int filter, string[] patterns) in filters.Index())
        {
            foreach (string name in patterns.Where(pattern => !Glob.IsGlob(pattern)))
            {
                if (!named.TryGetValue(name, out List<int>? by))
                {
                    named.Add(name, by = []);
                }

                by.Add(filter);
            }
        }

        return named;
    }

    private LimitSet Make(int entry) => _byEntry[entry + 1] ??= _make(entry, []);

    private LimitSet Make(Dictionary<string, LimitSet> made, int entry, int[] filters)
    {
        if (filters.Length == 0)
        {
            return Make(entry);
        }

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
        return _filters.Length == 0 ? OfEntry(entry) : FindFiltered(name, entry);
    }

    // Those of globs are made at once.
    private LimitSet OfEntry(int entry) => _byEntry[entry + 1]!;

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

        return !matchesAny ? OfEntry(entry)
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
