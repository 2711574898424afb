using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Sluice.EndToEnd.LongestFirst", "Sluice.EndToEnd")]

namespace Sluice.EndToEnd;

/// <summary>Begins with the classes that take longest, so that no processor waits for them at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Names =
        [BuiltRelease.Collection, nameof(ConformanceSuiteTests), nameof(WhatClientsSeeTests), nameof(VirtualServerTests)];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(PlaceOf).ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);

    // A class that is in no named collection is in one that has its name.
    private static int PlaceOf(ITestCollection collection)
    {
        int place = Array.FindIndex(Names, name =>
            collection.DisplayName == name || $"{collection.DisplayName} ".Contains($".{name} ", StringComparison.Ordinal));
        return place < 0 ? Names.Length : place;
    }
}
