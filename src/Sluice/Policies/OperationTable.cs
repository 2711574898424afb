using System.Buffers;
using System.Collections.Concurrent;

namespace Sluice;

/// <summary>
/// Finds the limits of an operation by its name: those of its entry, which is an exact one, else the most specific glob, and those of each
/// filter that names it.
/// </summary>
/// <remarks>
/// <para>
/// A set is made when the first call comes that needs it: of thousands of operations, few are called between two changes of their limits.
/// There is one for each entry, and one for each combination of filters whose names match a name; there is a bounded number of those that
/// callers choose.
/// </para>
/// <para>Thread safety: any thread may ask. A look-up does not allocate, but for the first one of a set.</para>
/// </remarks>
internal sealed class OperationTable
{
    private const int MaxStackChars = 512;
    private const int MostSets = 1_024;
    private const int BitsPerWord = 64;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _exact; // The places in _made.
    private readonly (Glob Glob, int Entry)[] _globs;
    private readonly (Glob[] Globs, int Filter)[] _filters;
    private readonly LimitSet?[] _made; // Of no entry, of each entry, and of each combination that exact names have.
    private readonly List<(int Entry, int[] Filters)> _combinations = [];
    private readonly int _entries;
    private readonly ConcurrentDictionary<ulong[], LimitSet>? _byMatches; // Where filters have globs.
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
        _byMatches = _filters.Length == 0 ? null : new(WordsComparer.Instance);
        _entries = entries.Length;
        _exact = PlacesOfNames(entries, filters, names).GetAlternateLookup<ReadOnlySpan<char>>();
        _made = new LimitSet?[1 + entries.Length + _combinations.Count];
    }

    /// <summary>The limits of an operation that nothing names.</summary>
    internal LimitSet Others => OfEntry(-1);

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

    /// <summary>The place of the limits of each name that an entry or a filter names exactly.</summary>
    private Dictionary<string, int> PlacesOfNames(string[] entries, string[][] filters, OperationNames names)
    {
        Dictionary<string, int> places = new(entries.Length, names.Comparer);
        Dictionary<string, List<int>> named = NamedBy(filters, names);
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        for (int entry = 0; entry < entries.Length; entry++)
        {
            if (!Glob.IsGlob(entries[entry]))
            {
                places.Add(entries[entry], PlaceOf(entries[entry], entry));
            }
        }

        foreach (string name in named.Keys.Where(name => !places.ContainsKey(name)))
        {
            places.Add(name, PlaceOf(name, EntryByGlob(name)));
        }

        return places;

        int PlaceOf(string name, int entry) => filters.Length == 0 ? 1 + entry : PlaceOfCombination(known, entry, FiltersOf(name, named));
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

    private int PlaceOfCombination(Dictionary<string, int> known, int entry, int[] filters)
    {
        if (filters.Length == 0)
        {
            return 1 + entry;
        }

        string key = $"{entry}:{string.Join(',', filters)}";
        if (!known.TryGetValue(key, out int place))
        {
            known.Add(key, place = 1 + _entries + _combinations.Count);
            _combinations.Add((entry, filters));
        }

        return place;
    }

    private LimitSet FindCanonical(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out int place))
        {
            return At(place);
        }

        int entry = EntryByGlob(name);
        return _filters.Length == 0 ? OfEntry(entry) : FindFiltered(name, entry);
    }

    private LimitSet OfEntry(int entry) => At(1 + entry);

    private LimitSet At(int place) => Volatile.Read(ref _made[place]) ?? Make(place);

    private LimitSet Make(int place)
    {
        (int entry, int[] filters) = place <= _entries ? (place - 1, []) : _combinations[place - 1 - _entries];
        LimitSet made = _make(entry, filters);
        return Interlocked.CompareExchange(ref _made[place], made, null) ?? made; // One for all callers, whichever thread was first.
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

        return !matchesAny ? OfEntry(entry)
            : _byMatches!.GetAlternateLookup<ReadOnlySpan<ulong>>().TryGetValue(matches, out LimitSet? known) ? known
            : MakeFiltered(matches.ToArray(), entry);
    }

    private LimitSet MakeFiltered(ulong[] matches, int entry)
    {
        if (_byMatches!.Count >= MostSets)
        {
            _byMatches.Clear(); // Callers choose names, and so combinations of globs, but they do not choose how much memory that takes.
        }

        int[] filters = [.. _filters.Index().Where(filter => (matches[1 + (filter.Index / BitsPerWord)] >> (filter.Index % BitsPerWord) & 1) != 0).Select(filter => filter.Item.Filter)];
        return _byMatches.GetOrAdd(matches, _make(entry, filters));
    }
}
