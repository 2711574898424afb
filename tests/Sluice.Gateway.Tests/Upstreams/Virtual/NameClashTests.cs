using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>Names that clash although <c>conflicts: error</c> says that none do.</summary>
public sealed class NameClashTests
{
    [Fact]
    public async Task Find_NamesThatTwoServersHave_NamesEachWithBothServers()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search", "read");
        await using BackendServer b = await BackendServer.StartAsync("b", "search", "write");
        b.Prompts = ["greet"];
        a.Prompts = ["greet"];

        (await FindAsync("error", "[a, b]", a.Endpoint, b.Endpoint)).ShouldBe(
        [
            "virtual server 'toolkit': conflicts is 'error', and 'a' and 'b' both have the tool 'search'. Give one of the two another name with "
                + "'rename', leave it out with 'tools', or use 'prefix' or 'priority'.",
            "virtual server 'toolkit': conflicts is 'error', and 'a' and 'b' both have the prompt 'greet'. Use 'prefix' or 'priority'.",
        ]);
    }

    [Theory]
    [InlineData("prefix", "[a, b]")]
    [InlineData("priority", "[a, b]")]
    [InlineData("error", "[a]")]
    [InlineData("error", "[a, { server: b, rename: { search: look } }]")]
    [InlineData("error", "[{ server: a, tools: [read] }, b]")]
    public async Task Find_NamesThatDoNotClash_AreNoFault(string conflicts, string backends)
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search", "read");
        await using BackendServer b = await BackendServer.StartAsync("b", "search", "write");

        (await FindAsync(conflicts, backends, a.Endpoint, b.Endpoint)).ShouldBeEmpty();
    }

    // It may be started later. What it has is then found when the lists are read.
    [Fact]
    public async Task Find_ServerThatDoesNotAnswer_IsNoFault()
    {
        await using BackendServer a = await BackendServer.StartAsync("a", "search");

        (await FindAsync("error", "[a, b]", a.Endpoint, new Uri("http://127.0.0.1:1/mcp"))).ShouldBeEmpty();
    }

    private static Task<string[]> FindAsync(string conflicts, string backends, Uri a, Uri b) => ClashCheck.FindAsync(
        GatewayFile.Parse(
            $$"""
            servers: [{ name: a, upstream: "{{a}}" }, { name: b, upstream: "{{b}}" }]
            virtualServers: [{ name: toolkit, backends: {{backends}}, conflicts: {{conflicts}} }]
            """,
            "clash.yaml").RequireConfiguration(),
        TimeProvider.System,
        CancellationToken.None);
}
