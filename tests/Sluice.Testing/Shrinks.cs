namespace Sluice.Testing;

/// <summary>Smaller values for FsCheck to try in place of one that failed, the largest steps first.</summary>
public static class Shrinks
{
    /// <summary>The list without one of its halves, then without one of its quarters, and so on down to single items.</summary>
    public static IEnumerable<T[]> OfList<T>(T[] items)
    {
        for (int cut = (items.Length + 1) / 2; cut > 0; cut /= 2)
        {
            for (int at = 0; at < items.Length; at += cut)
            {
                yield return [.. items[..at], .. items[Math.Min(at + cut, items.Length)..]];
            }
        }
    }

    /// <summary>The list with fewer items, then with one item replaced by a smaller one.</summary>
    public static IEnumerable<T[]> OfList<T>(T[] items, Func<T, IEnumerable<T>> ofItem) => OfList(items).Concat(
        from index in Enumerable.Range(0, items.Length)
        from smaller in ofItem(items[index])
        select (T[])[.. items[..index], smaller, .. items[(index + 1)..]]);

    /// <summary>The text without some of its characters.</summary>
    public static IEnumerable<string> OfText(string text) => OfList(text.ToCharArray()).Select(left => new string(left));

    /// <summary>Numbers from a lower bound to below this one, each nearer to it than the one before.</summary>
    public static IEnumerable<long> OfNumber(long number, long lowest = 0)
    {
        for (long above = number - lowest; above > 0; above /= 2)
        {
            yield return number - above;
        }
    }
}
