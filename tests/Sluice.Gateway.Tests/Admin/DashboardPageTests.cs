using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Sluice.Gateway.Tests.Admin;

public sealed partial class DashboardPageTests
{
    private const string Servers = "[ { name: page, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: { shared: 2/1d } } ]";
    private const string WithToken = $"{{ listen: \"http://127.0.0.1:0\", token: {AdminFixture.Token} }}";

    [Fact]
    public async Task Page_WithAToken_IsServedWithoutItUnderAStrictPolicy()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers, WithToken);

        using HttpResponseMessage page = await admin.Client.GetAsync("/");

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        page.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        page.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        string[] policy = page.Headers.GetValues("Content-Security-Policy").Single().Split("; ");
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("script-src 'self'");
        policy.ShouldContain("style-src 'self'");
        policy.ShouldContain("connect-src 'self'");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldContain("require-trusted-types-for 'script'");
        string.Concat(policy).ShouldNotContain("unsafe");
    }

    [Fact]
    public async Task Page_EverythingThatItLoads_IsServedByThisAddress()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers, WithToken);
        Queue<string> unread = new([""]);
        Dictionary<string, string?> read = [];

        while (unread.TryDequeue(out string? path))
        {
            if (read.ContainsKey(path))
            {
                continue;
            }

            using HttpResponseMessage response = await admin.Client.GetAsync("/" + path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            read[path] = response.Content.Headers.ContentType?.MediaType;
            foreach (Match link in Links().Matches(await response.Content.ReadAsStringAsync()))
            {
                unread.Enqueue(link.Groups["module"] is { Success: true } module ? "dashboard/" + module.Value : link.Groups["part"].Value);
            }
        }

        read.Count.ShouldBe(
            typeof(AdminApplication).Assembly.GetManifestResourceNames().Count(name => name.StartsWith("dashboard/", StringComparison.Ordinal)));
        read["dashboard/dashboard.js"].ShouldBe("text/javascript");
        read["dashboard/base.css"].ShouldBe("text/css");
    }

    [Fact]
    public async Task Page_UnchangedSinceItWasRead_IsNotSentAgain()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers);
        using HttpResponseMessage first = await admin.Client.GetAsync("/dashboard/dashboard.js");
        using HttpRequestMessage again = new(HttpMethod.Get, "/dashboard/dashboard.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpRequestMessage changed = new(HttpMethod.Get, "/dashboard/dashboard.js");
        changed.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"of-another-version\""));

        using HttpResponseMessage unchanged = await admin.Client.SendAsync(again);
        using HttpResponseMessage sent = await admin.Client.SendAsync(changed);

        first.Headers.CacheControl!.NoCache.ShouldBeTrue();
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await unchanged.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        sent.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/dashboard/")]
    [InlineData("/dashboard/index.html")]
    [InlineData("/dashboard/../metrics")]
    [InlineData("/dashboard/..%2fmetrics")]
    [InlineData("/dashboard/nothing.js")]
    public async Task Path_BesideThePage_ShowsNothing(string path)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers, WithToken);

        using HttpResponseMessage response = await admin.Client.GetAsync(path);

        response.StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Page_AtTheAddressOfClients_IsNotServed()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Servers);

        (await admin.GatewayClient.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await admin.GatewayClient.GetAsync("/dashboard/dashboard.js")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [GeneratedRegex("""(?:href|src)="(?<part>[^"#:]+)"|from "\./(?<module>[^"]+)";""")]
    private static partial Regex Links();
}
