namespace Sluice.EndToEnd;

/// <summary>The dashboard in a real browser, in front of a gateway that real clients call.</summary>
public sealed class DashboardTests(EverythingServer server, Browser browser)
    : IClassFixture<EverythingServer>, IClassFixture<Browser>
{
    private const string Hostile = "<img src=x onerror='window.broken=1'>";
    private static readonly object Phone = new { viewport = new { width = 360, height = 740 } };

    [Fact]
    public async Task Calls_OfARealClient_AreShownWhileThePageIsOpenAndEverythingComesFromTheGateway()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 2/1d }] }");
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#connection", "Live");
        (await browser.TextAsync("#buckets")).ShouldContain("No bucket is in use");

        await Dashboard.CallAsync(sluice, calls: 5);

        await browser.WaitForAsync("#figures > div:nth-child(1)", "2 since the start");
        await browser.WaitForAsync("#figures > div:nth-child(2)", "3 since the start");
        await browser.WaitForAsync("#limits-table tbody tr:first-child", "echo/perUser");
        await browser.WaitForAsync("#limits-table tbody tr:first-child", "2 per 1d, token bucket");
        await browser.WaitForAsync("#refused li .row-figure", "3");
        await browser.WaitForAsync("#buckets li:first-child", "0 of 2 left");
        await browser.WaitForAsync("#servers tbody tr", "Reachable");
        (await browser.TextAsync("body")).ShouldNotContain("alice");
        await Dashboard.ShouldHaveStayedAtHomeAsync(browser, sluice);
    }

    [Fact]
    public async Task Callers_IdentitiesAreClear_AreShownByName()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(
            server, "{ tools: [{ name: echo, perUser: 1/1d }] }", more: "audit: { identities: clear }");
        await Dashboard.CallAsync(sluice, calls: 2);

        await browser.OpenAsync(await sluice.AdminAsync());

        await browser.WaitForAsync("#refused li .name", "alice");
        await browser.WaitForAsync("#buckets li .name", "alice");
        await browser.WaitForAsync("#configuration-body", "By name");
    }

    [Fact]
    public async Task Reset_ByKeyboardAlone_AsksFirstAndMakesTheBucketFull()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ tools: [{ name: echo, perUser: 1/1d }] }");
        await Dashboard.CallAsync(sluice, calls: 2);
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#buckets li", "0 of 1 left");

        await browser.TabToAsync("#reset-form input[name=user]");
        await browser.TypeAsync("alice");
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#reset-dialog", "alice");
        (await browser.EvaluateAsync("document.activeElement.value")).GetString().ShouldBe("cancel"); // Enter alone does no harm.
        await browser.PressAsync("Enter");
        (await Dashboard.IsAllowedAsync(sluice)).ShouldBeFalse();
        await browser.TabToAsync("#reset-form .danger");
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#reset-dialog[open]");
        await browser.TabToAsync("#reset-dialog .danger");
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#reset-result", "1 limit reset for this caller");

        (await Dashboard.IsAllowedAsync(sluice)).ShouldBeTrue();
        (await browser.EvaluateAsync("document.activeElement.matches('#reset-form .danger')")).GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Try_SeveralTimes_ChargesNothingAndSaysWhatACallWouldMeet()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ tools: [{ name: echo, perUser: 1/1d }] }");
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#connection", "Live");
        await browser.FillAsync("#try-form input[name=name]", "echo");
        await browser.FillAsync("#try-form input[name=user]", "alice");
        for (int attempt = 0; attempt < 3; attempt++)
        {
            await browser.ClickAsync("#try-form .primary");
            await browser.WaitForAsync("#try-result tbody tr", "1 of 1");
        }

        (await browser.TextAsync("#try-result")).ShouldContain("Allowed");
        (await Dashboard.IsAllowedAsync(sluice)).ShouldBeTrue();
        await browser.ClickAsync("#try-form .primary");

        await browser.WaitForAsync("#try-result .result", "Rejected");
        await browser.WaitForAsync("#try-result tbody tr", "0 of 1");
    }

    [Fact]
    public async Task Explain_IdOfARejection_TellsHowItWasDecided()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(
            server, "{ perUser: 100/1d, tools: [{ name: echo, perUser: 1/1d }] }", more: "decisionIds: true");
        string id = (await Dashboard.CallAsync(sluice, calls: 2))[2].GetProperty("data").GetProperty("decisionId").GetString()!;
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#connection", "Live");

        await browser.FillAsync("#why-form input", id);
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#why-result .result", "Rejected by echo/perUser");
        (await browser.TextAsync("#why-result")).ShouldContain("tools/call echo");
        (await browser.TextAsync("#why-result tbody")).ShouldContain("0 of 1");
        (await browser.ViolationsAsync()).ShouldBeEmpty();

        await browser.FillAsync("#why-form input", "another");
        await browser.PressAsync("Enter");

        await browser.WaitForAsync("#why-result .result", "No rejection has the id 'another'.");
    }

    [Fact]
    public async Task Names_ThatAreMarkup_AreShownAsText()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(
            server, $"{{ tools: [{{ name: \"{Hostile}\", perUser: 1/1d }}, {{ name: echo, perUser: 1/1d }}] }}");
        await Dashboard.CallAsync(sluice, calls: 2, tool: Hostile);
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#limits-table tbody", Hostile);
        await browser.WaitForAsync("#refused li", Hostile);
        await browser.WaitForAsync("#buckets li", Hostile);

        await browser.FillAsync("#try-form input[name=name]", Hostile);
        await browser.FillAsync("#try-form input[name=user]", Hostile);
        await browser.ClickAsync("#try-form .primary");
        await browser.WaitForAsync("#try-result tbody", Hostile);
        await browser.FillAsync("#reset-form input[name=user]", Hostile);
        await browser.ClickAsync("#reset-form .danger");
        await browser.WaitForAsync("#reset-dialog", Hostile);
        await browser.ClickAsync("#reset-dialog .danger");
        await browser.WaitForAsync("#reset-result .result");

        (await browser.EvaluateAsync("document.images.length + (window.broken ?? 0)")).GetInt32().ShouldBe(0);
        await Dashboard.ShouldHaveStayedAtHomeAsync(browser, sluice);
    }

    [Fact]
    public async Task Phone_FortyLimitsAndLongNames_NeedsNoHorizontalScrollAndIsAccessible()
    {
        string tools = string.Join(", ", Enumerable.Range(0, 40).Select(
            number => $"{{ name: a-tool-with-a-name-that-is-longer-than-any-phone-is-wide-{number:00}, perUser: {number + 1}/1m }}"));
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, $"{{ perUser: 100/1d, tools: [{tools}, {{ name: echo, perUser: 1/1d }}] }}");
        await Dashboard.CallAsync(sluice, calls: 3);
        await browser.OpenAsync(await sluice.AdminAsync(), Phone);
        await browser.WaitForAsync("#refused li");
        await browser.ClickAsync("#limits-table .more");
        await browser.WaitForAsync("#limits-table tbody tr:nth-child(42)");
        (await browser.EvaluateAsync("document.documentElement.scrollWidth")).GetInt32().ShouldBe(360);
        (await browser.ViolationsAsync()).ShouldBeEmpty();

        await browser.FillAsync("#limits-filter", "WIDE-07");
        await browser.WaitForAsync("#limits-table tbody tr:only-child", "8 per 1m");
        await browser.FillAsync("#limits-filter", "no such limit");
        await browser.WaitForAsync("#limits-table .empty", "No limit matches the filter");
        await browser.FillAsync("#reset-form input[name=user]", new string('x', 200));
        await browser.ClickAsync("#reset-form .danger");
        await browser.WaitForAsync("#reset-dialog[open]");

        (await browser.ViolationsAsync()).ShouldBeEmpty();
        (await browser.EvaluateAsync("document.documentElement.scrollWidth")).GetInt32().ShouldBe(360);
    }

    [Fact]
    public async Task Motion_UserWantsLess_NothingMoves()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ tools: [{ name: echo, perUser: 9/1d }] }");
        await Dashboard.CallAsync(sluice, calls: 1);
        await browser.OpenAsync(await sluice.AdminAsync(), new { reducedMotion = "reduce" });
        await browser.WaitForAsync("#buckets li");

        (await browser.EvaluateAsync(
            "[...document.querySelectorAll('*')].every(node => parseFloat(getComputedStyle(node).transitionDuration) === 0)"))
            .GetBoolean().ShouldBeTrue();
    }
}
