namespace Sluice.EndToEnd;

/// <summary>What the script of a web page can read in a real browser, from a gateway on another origin.</summary>
public sealed class WebPageTests(EverythingServer everything, ConformanceServer withoutCors)
    : IClassFixture<EverythingServer>, IClassFixture<ConformanceServer>
{
    private const string OneCall = "{ headers: always, tools: [{ name: echo, perUser: 1/1d }] }";
    private const string OneStream = "streams: { total: 1 }";

    private static readonly string Stdio = $"{{ command: node, args: ['{Repository.Everything}', stdio] }}";

    [Fact]
    public async Task Page_ServerOverHttpThatAllowsItsOrigin_ReadsEveryAnswer()
    {
        using WebPage page = new();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(everything.Endpoint, OneCall)}\n{OneStream}");

        ShouldHaveReadEverything(await page.ShowAsync(sluice.Endpoint));
    }

    [Fact]
    public async Task Page_StdioServerAndItsOriginListed_ReadsEveryAnswer()
    {
        using WebPage page = new();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(Stdio, OneCall)}\n{OneStream}\ncors: {{ origins: '{page.Origin}' }}");

        ShouldHaveReadEverything(await page.ShowAsync(sluice.Endpoint));
    }

    [Fact]
    public async Task Page_StdioServerAndAnotherOriginListed_ReadsNothing()
    {
        using WebPage page = new();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(Stdio, OneCall)}\n{OneStream}\ncors: {{ origins: 'https://app.example.com' }}");

        ShouldHaveReadNothing(await page.ShowAsync(sluice.Endpoint));
    }

    [Fact]
    public async Task Page_ServerOverHttpThatAllowsNoOrigin_ReadsNothing()
    {
        using WebPage page = new();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            $"{SluiceProgram.Configuration(withoutCors.Endpoint, OneCall)}\n{OneStream}");

        ShouldHaveReadNothing(await page.ShowAsync(sluice.Endpoint));
    }

    private static void ShouldHaveReadEverything(Dictionary<string, PageAnswer> seen)
    {
        seen.ToDictionary(answer => answer.Key, answer => answer.Value.Status).ShouldBe(
            new Dictionary<string, int>
            {
                ["initialize"] = 200,
                ["call"] = 200,
                ["rejectedLegacy"] = 200,
                ["rejectedModern"] = 429,
                ["withoutKey"] = 401,
                ["wrongType"] = 415,
                ["stream"] = 200,
                ["anotherStream"] = 503,
            },
            ignoreOrder: true);
        seen["initialize"].Headers.Keys.ShouldContain("mcp-session-id");
        seen["call"].Body.ShouldContain("Echo: hi");
        seen["call"].Headers.Keys.ShouldContain("ratelimit");
        foreach (string rejected in (string[])["rejectedLegacy", "rejectedModern"])
        {
            seen[rejected].Body.ShouldContain("Rate limit exceeded");
            ((string[])["retry-after", "ratelimit", "ratelimit-policy"]).ShouldBeSubsetOf(seen[rejected].Headers.Keys);
        }

        seen["withoutKey"].Headers.Keys.ShouldContain("www-authenticate");
        seen["wrongType"].Body.ShouldContain("text/plain");
        seen["anotherStream"].Headers.Keys.ShouldContain("retry-after");
    }

    private static void ShouldHaveReadNothing(Dictionary<string, PageAnswer> seen)
    {
        seen.Count.ShouldBe(8);
        seen.Values.ShouldAllBe(answer => answer.Status == 0 && answer.Body == "TypeError");
    }
}
