using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Names;

public sealed class UnmatchedLimitsTests
{
    private static readonly ServerNames Server = new(
        ["search", "get-time", "get-sum"],
        ["summarise"],
        ["file:///a/b.txt"],
        ["demo://text/{id}", "log://{+path}"],
        ["tools", "prompts", "resources"]);

    [Theory]
    [InlineData("tools", "search")]
    [InlineData("tools", " SEARCH ")]
    [InlineData("tools", "get-*")]
    [InlineData("tools", "*")]
    [InlineData("prompts", "sum*")]
    [InlineData("resources", "file:///a/b.txt")]
    [InlineData("resources", "FILE:///a/./b.txt")]
    [InlineData("resources", "demo://text/7")]
    [InlineData("resources", "demo://text/*")]
    [InlineData("resources", "log://x/y/z")]
    [InlineData("methods", "tools/list")]
    [InlineData("methods", "resources/*")]
    [InlineData("methods", "logging/setLevel")]
    [InlineData("methods", "acme/search")]
    [InlineData("methods", "acme/*")]
    public void Find_NameThatMatches_IsNotReported(string list, string name) => Find($"{list}: [{{ name: \"{name}\", shared: 1/1m }}]").ShouldBeEmpty();

    [Theory]
    [InlineData("tools", "serach", "'serach' matches no tool of the server 's'. Did you mean 'search'?")]
    [InlineData("tools", "gte-*", "'gte-*' matches no tool of the server 's'. Did you mean 'get-*'?")]
    [InlineData("tools", "weather", "'weather' matches no tool of the server 's'. Correct it, or remove it: it limits nothing.")]
    [InlineData("tools", "*x*", "'*x*' matches no tool of the server 's'. Correct it, or remove it: it limits nothing.")]
    [InlineData("tools", "summarise", "'summarise' matches no tool of the server 's'. It matches under 'prompts': move it there.")]
    [InlineData("prompts", "search", "'search' matches no prompt of the server 's'. It matches under 'tools': move it there.")]
    [InlineData("resources", "file:///a/c.txt", "'file:///a/c.txt' matches no resource of the server 's'. Did you mean 'file:///a/b.txt'?")]
    [InlineData("resources", "demo://txt/7", "'demo://txt/7' matches no resource of the server 's'. Correct it, or remove it: it limits nothing.")]
    [InlineData("methods", "tools/lst", "'tools/lst' matches no method that the server 's' has. Did you mean 'tools/list'?")]
    [InlineData("methods", "tols/list", "'tols/list' matches no method that the server 's' has. Did you mean 'tools/list'?")]
    [InlineData("methods", "completion/complete", "'completion/complete' matches no method that the server 's' has. Correct it, or remove it: it limits nothing.")]
    public void Find_NameThatMatchesNothing_SaysWhatIsProbablyMeant(string list, string name, string expected)
    {
        UnmatchedLimit limit = Find($"{list}: [{{ name: \"{name}\", shared: 1/1m }}]").ShouldHaveSingleItem();

        limit.Path.ShouldBe($"{list}[0].name");
        limit.Message("s", $"'{limit.Name}'").ShouldBe(expected);
    }

    [Fact]
    public void Find_CaseSensitiveNames_DifferByCase() =>
        Find("caseSensitive: true, tools: [{ name: Search, shared: 1/1m }]").ShouldHaveSingleItem().Nearest.ShouldBe("search");

    [Fact]
    public void Find_SeveralNames_AreReportedWithTheirIndexes() =>
        Find("tools: [{ name: a1, shared: 1/1m }, { name: search, shared: 1/1m }, { name: c3, cost: 2 }], prompts: [{ name: p4, shared: 1/1m }], shared: 9/1m")
            .Select(limit => limit.Path).ShouldBe(["tools[0].name", "tools[2].name", "prompts[0].name"]);

    [Fact]
    public void Find_NamesInTheConditionsOfLimits_AreReportedWithTheirPlaces()
    {
        UnmatchedLimit[] limits =
        [
            .. Find("limits: [{ name: a, rate: 1/1m, when: { tools: [search, serach] } }, { name: b, rate: 1/1m }, "
                + "{ name: c, rate: 1/1m, when: { prompts: sumarise, methods: tools/lst } }], tools: [{ name: x, shared: 1/1m }]"),
        ];

        limits.Select(limit => limit.Path).ShouldBe(
            ["tools[0].name", "limits[0].when.tools[1]", "limits[2].when.prompts[0]", "limits[2].when.methods[0]"]);
        limits.Select(limit => limit.Nearest).ShouldBe([null, "search", "summarise", "tools/list"]);
    }

    private static ImmutableArray<UnmatchedLimit> Find(string limits)
    {
        string yaml = $"servers: [{{ name: s, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ {limits} }} }}]";
        return UnmatchedLimits.Find(GatewayFile.Parse(yaml, "f").RequireConfiguration().Servers[0].Policy!.Settings, Server);
    }
}
