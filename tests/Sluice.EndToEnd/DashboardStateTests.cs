namespace Sluice.EndToEnd;

/// <summary>The states of the dashboard: without its token, without its gateway, without Redis, without calls, in each theme.</summary>
public sealed class DashboardStateTests(EverythingServer server, Browser browser)
    : IClassFixture<EverythingServer>, IClassFixture<Browser>
{
    private const string Token = "a-token-of-the-admin-0123456789";

    [Fact]
    public async Task Token_WrongThenRight_IsAskedForAndForgottenOnDemand()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d }", token: Token);
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#token-dialog");
        (await browser.ViolationsAsync()).ShouldBeEmpty();

        await browser.TypeAsync("wrong");
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#token-error", "not the right one");
        await browser.TypeAsync(Token);
        await browser.PressAsync("Enter");
        await browser.WaitForAsync("#connection", "Live");
        await browser.ReloadAsync();
        await browser.WaitForAsync("#connection", "Live"); // The tab kept it.
        await browser.ClickAsync("#forget");
        await browser.WaitForAsync("#token-dialog");

        (await browser.EvaluateAsync("sessionStorage.length + localStorage.length")).GetInt32().ShouldBe(0);
        (await browser.SeenAsync()).Requests.ShouldAllBe(address => !address.Contains(Token));
    }

    [Fact]
    public async Task Connection_GatewayEndsAndIsStartedAgain_IsLostWithTheTimeOfTheDataAndComesBack()
    {
        string admin = $"http://127.0.0.1:{FreePort.Next()}";
        await using (SluiceProgram first = await Dashboard.StartAsync(server, "{ perUser: 100/1d }", listen: admin))
        {
            await Dashboard.CallAsync(first, calls: 1);
            await browser.OpenAsync(new Uri(admin));
            await browser.WaitForAsync("#figures > div:nth-child(1)", "1 since the start");
        }

        await browser.WaitForAsync("#connection[data-state=lost]", "Connection lost, data from ");
        (await browser.ViolationsAsync()).ShouldBeEmpty();
        await using SluiceProgram second = await Dashboard.StartAsync(server, "{ perUser: 100/1d }", listen: admin);

        await browser.WaitForAsync("#connection", "Live");
        await browser.WaitForAsync("#figures > div:nth-child(1)", "0 since the start");
    }

    [Fact]
    public async Task Configuration_ChangeIsRefused_ShowsItsFaultsUntilAGoodOneIsLoaded()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d }");
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#configuration-body", "None since the start");

        await sluice.ReloadAsync(Dashboard.Configuration(server, "{ perUser: 20/1x }"));
        await browser.WaitForAsync("#notices .notice", "The last change of the configuration was rejected");
        await browser.WaitForAsync("#notices .faults", "20/1x");
        await browser.WaitForAsync("#configuration-body dd[data-state=bad]", "Rejected");
        (await browser.ViolationsAsync()).ShouldBeEmpty();
        await sluice.ReloadAsync(Dashboard.Configuration(server, "{ perUser: 50/1d }", more: "decisionIds: true"));

        await browser.WaitForAsync("#limits-table tbody tr", "50 per 1d");
        await browser.WaitForAsync("#configuration-body", "Loaded");
        await browser.WaitForAsync("#notices .faults", "decisionIds");
        (await browser.TextAsync("#notices")).ShouldNotContain("rejected");
    }

    [Fact]
    public async Task Connection_PageCannotBeSeen_IsClosedUntilItCan()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d }");
        await browser.OpenAsync(await sluice.AdminAsync());
        await browser.WaitForAsync("#connection", "Live");

        await ShowAsync(browser, isHidden: true);
        await Dashboard.WaitForStreamsAsync(sluice, open: 0);
        await Dashboard.CallAsync(sluice, calls: 1);
        (await browser.TextAsync("#figures > div:nth-child(1)")).ShouldContain("0 since the start");
        await ShowAsync(browser, isHidden: false);

        await browser.WaitForAsync("#figures > div:nth-child(1)", "1 since the start");
    }

    [Fact]
    public async Task Store_RedisIsAway_IsTheFirstThingOnThePage()
    {
        using RedisServer redis = RedisServer.Start();
        await using SluiceProgram sluice = await Dashboard.StartAsync(
            server, "{ perUser: 100/1d }", more: $"store: {{ redis: '{redis.Configuration}', timeout: 1s }}");
        await browser.OpenAsync(await sluice.AdminAsync(), new { colorScheme = "dark" });
        await Dashboard.CallAsync(sluice, calls: 1);
        await browser.WaitForAsync("#store dd", "Available");

        redis.Kill();
        await Dashboard.CallAsync(sluice, calls: 12); // So many that the gateway stops to ask it.

        await browser.WaitForAsync("#notices .notice", "Redis does not answer");
        await browser.WaitForAsync("#store dd", "Does not answer");
        (await browser.ViolationsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task Page_WithoutCalls_IsAccessibleInBothThemes(string colorScheme)
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d }");

        await browser.OpenAsync(await sluice.AdminAsync(), new { colorScheme });
        await browser.WaitForAsync("#limits-table tbody tr");

        (await browser.ViolationsAsync()).ShouldBeEmpty();
        await Dashboard.ShouldHaveStayedAtHomeAsync(browser, sluice);
    }

    [Fact]
    public async Task Theme_Chosen_OutlivesAReload()
    {
        await using SluiceProgram sluice = await Dashboard.StartAsync(server, "{ perUser: 100/1d }");
        const string Background = "getComputedStyle(document.body).backgroundColor";
        await browser.OpenAsync(await sluice.AdminAsync(), new { colorScheme = "light" });
        string light = (await browser.EvaluateAsync(Background)).GetString()!;

        await browser.ClickAsync("#theme"); // From the system's to light, and then to dark.
        (await browser.EvaluateAsync(Background)).GetString().ShouldBe(light);
        await browser.ClickAsync("#theme");
        string dark = (await browser.EvaluateAsync(Background)).GetString()!;
        await browser.ReloadAsync();

        dark.ShouldNotBe(light);
        (await browser.EvaluateAsync(Background)).GetString().ShouldBe(dark);
    }

    private static async Task ShowAsync(Browser browser, bool isHidden) => await browser.EvaluateAsync(
        $"Object.defineProperty(document, 'hidden', {{ value: {(isHidden ? "true" : "false")}, configurable: true }}); "
        + "document.dispatchEvent(new Event('visibilitychange'));");
}
