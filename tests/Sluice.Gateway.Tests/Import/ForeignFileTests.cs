namespace Sluice.Gateway.Tests;

/// <summary>A file that is not one of the product that the command names.</summary>
public sealed class ForeignFileTests
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["contextforge"] = "plugins: [{ name: l, kind: RateLimiterPlugin, config: { by_user: 5/m } }]",
        ["fastmcp"] = "from x import y\nmcp = FastMCP(\"a\")\nmcp.add_middleware(RateLimitingMiddleware(5))\n",
        ["kuadrant"] = "apiVersion: kuadrant.io/v1\nkind: RateLimitPolicy\nspec: { limits: { a: { rates: [{ limit: 1, window: 1s }] } } }",
        ["agentgateway"] = "binds: [{ listeners: [{ routes: [{ policies: { localRateLimit: [{ maxTokens: 1, tokensPerFill: 1, fillInterval: 1s }] } }] }] }]",
        ["envoy"] = "domain: d\ndescriptors: [{ key: user, rate_limit: { unit: minute, requests_per_unit: 5 } }]",
    };

    public static IEnumerable<object[]> Pairs =>
        Files.Keys.SelectMany(asked => Files.Keys.Where(given => given != asked).Select(given => new object[] { asked, given }));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Import_FileOfAnotherProduct_NamesIt(string asked, string given) =>
        Imported.FaultsOf(asked, Files[given]).ShouldContain($"try 'sluice import {given}'");

    [Fact]
    public void Import_SmallestFileOfEachProduct_IsValid()
    {
        Files.Keys.ShouldBe(Importers.All.Select(importer => importer.Product), ignoreOrder: true);
        foreach ((string product, string file) in Files)
        {
            Imported.From(product, file).Configuration.Servers.ShouldNotBeEmpty();
        }
    }
}
