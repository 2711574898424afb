using Xunit;
using Xunit.Abstractions;

namespace Sluice.Testing;

/// <summary>Begins with the classes that take longest, so that no processor waits for them at the end.</summary>
/// <param name="names">The names of classes and of named collections, the longest first; all others follow by name.</param>
public abstract class LongestFirst(params string[] names) : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(PlaceOf).ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);

    // A class that is in no named collection is in one that has its name.
    private int PlaceOf(ITestCollection collection)
    {
        int place = Array.FindIndex(names, name =>
            collection.DisplayName == name || $"{collection.DisplayName} ".Contains($".{name} ", StringComparison.Ordinal));
        return place < 0 ? names.Length : place;
    }
}
