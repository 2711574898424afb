using Xunit.Abstractions;
using Xunit.Sdk;

namespace Sluice.Testing;

/// <summary>A test, or a class of tests, that takes too long for each run: <c>./test.sh --all</c> and the nightly command run it.</summary>
[TraitDiscoverer("Sluice.Testing." + nameof(NightlyDiscoverer), "Sluice.Testing")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NightlyAttribute : Attribute, ITraitAttribute;

/// <summary>Gives such a test the trait by which <c>./test.sh</c> leaves it out.</summary>
public sealed class NightlyDiscoverer : ITraitDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo traitAttribute) => [new("Run", "Nightly")];
}
