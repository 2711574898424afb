namespace Sluice;

/// <summary>
/// The classes to which a caller belongs, by policy, kept beside the identity so that a known caller is compared with no condition.
/// </summary>
/// <remarks>Thread safety: several threads may add one at once; one that is lost is found out again.</remarks>
internal struct CallerClassMemory
{
    /// <summary>As many policies as a caller keeps a class for; the oldest is evicted.</summary>
    private const int Most = 16;

    private Known[]? _known;

    /// <summary>The number of the caller's class, or -1.</summary>
    internal readonly int Find(object classes)
    {
        foreach (Known known in Volatile.Read(in _known) ?? [])
        {
            if (ReferenceEquals(known.Classes, classes))
            {
                return known.Number;
            }
        }

        return -1;
    }

    internal void Add(object classes, int number)
    {
        Known[] known = Volatile.Read(ref _known) ?? [];
        Volatile.Write(ref _known, [.. known.Length < Most ? known : known.Skip(1), new Known(classes, number)]);
    }

    private readonly record struct Known(object Classes, int Number);
}
