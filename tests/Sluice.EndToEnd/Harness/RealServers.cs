namespace Sluice.EndToEnd.Harness;

/// <summary>The tests that share the upstreams: each is started once, and the tests run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class RealServers : ICollectionFixture<EverythingServer>, ICollectionFixture<ModernServer>
{
    public const string Name = "Real servers";
}
