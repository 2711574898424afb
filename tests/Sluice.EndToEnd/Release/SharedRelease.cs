namespace Sluice.EndToEnd;

/// <summary>The classes whose tests share one release.</summary>
[CollectionDefinition(BuiltRelease.Collection)]
public sealed class SharedRelease : ICollectionFixture<BuiltRelease>;
