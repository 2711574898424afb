using System.Reflection;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>These tests run with the newest SDK, and once more with the oldest that the package's version range allows.</summary>
public sealed class SdkVersionTests
{
    [Fact]
    public void LoadedSdk_IsTheVersionThatThisProjectNames()
    {
        string named = typeof(SdkVersionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "SdkVersion").Value.ShouldNotBeNull();

        typeof(McpServer).Assembly.GetName().Version.ShouldNotBeNull().ToString(3).ShouldBe(named);
    }

    [Fact]
    public void FilterAssembly_IsCompiledAgainstTheOldestSdk() =>
        typeof(McpRateLimitOptions).Assembly.GetReferencedAssemblies()
            .Single(assembly => assembly.Name == "ModelContextProtocol.Core").Version.ShouldBe(new Version(2, 3, 1, 0));
}
