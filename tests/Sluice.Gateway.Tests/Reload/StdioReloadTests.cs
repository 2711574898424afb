using System.Globalization;
using System.Net;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>Servers that are commands: which of their sessions and processes outlive a reload.</summary>
public sealed class StdioReloadTests
{
    [Fact]
    public async Task Change_BoundsOfACommand_SessionAndProcessAreKeptAndTheBoundsCount()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Document("maxSessions: 5"));
        string session = await BeginAsync(gateway);
        int process = await ProcessAsync(gateway, session);

        await gateway.ChangeAsync(Document("maxSessions: 1", "timeout: 5s, rateLimiting: { shared: 100/1d }"));

        (await ProcessAsync(gateway, session)).ShouldBe(process);
        using HttpResponseMessage second = await gateway.Client.SendAsync(GatewayFixture.Post(StdioGateway.Initialize));
        second.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable); // There is one session already.
        await gateway.ChangeAsync(Document("maxSessions: 2"));
        (await ProcessAsync(gateway, await BeginAsync(gateway))).ShouldNotBe(process);
    }

    [Fact]
    public async Task Change_EnvironmentOfACommand_NewSessionsGetANewProcessAndTheOldOneEnds()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Document("env: { SETTING: one }"));
        string session = await BeginAsync(gateway);
        int process = await ProcessAsync(gateway, session);

        await gateway.ChangeAsync(Document("env: { SETTING: two }"));

        (await gateway.CallAsync(session: session, tool: "pid")).Status.ShouldBe(HttpStatusCode.NotFound); // Its client initializes again.
        await StdioGateway.GoneAsync(process);
        (await CallAsync(gateway, await BeginAsync(gateway), "env", """{"name":"SETTING"}""")).ShouldBe("two");
    }

    [Fact]
    public async Task Change_CommandRemoved_ProcessEndsAfterTheCallInFlight()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Document("", other: true));
        string session = await BeginAsync(gateway, "/odd/mcp");
        int process = await ProcessAsync(gateway, session, "/odd/mcp");
        string file = Path.Combine(gateway.Folder, "go-on");
        Task<string> call = CallAsync(gateway, session, "wait-for-file", $$"""{"path":"{{file}}"}""", "/odd/mcp");
        await Eventually.HoldsAsync(() => gateway.Servers.All[0].Proxy.Active.Count == 1);

        await gateway.ChangeAsync("servers:\n  - { name: other, upstream: \"http://127.0.0.1:1/mcp\" }\n");

        (await gateway.CallAsync("/odd/mcp", session: session)).Status.ShouldBe(HttpStatusCode.NotFound);
        StdioGateway.IsRunning(process).ShouldBeTrue();
        File.WriteAllText(file, "");
        (await call).ShouldBe("found");
        await StdioGateway.GoneAsync(process);
    }

    private static string Document(string upstream, string server = "", bool other = false) =>
        $$"""
        servers:
          - { name: odd, upstream: { command: dotnet, args: [ '{{typeof(OddServer).Assembly.Location}}', {{OddServer.Word}} ], {{upstream}} }, {{server}} }
        {{(other ? "  - { name: other, upstream: \"http://127.0.0.1:1/mcp\" }" : "")}}

        """;

    private static async Task<string> BeginAsync(ReloadFixture gateway, string path = "/mcp")
    {
        using HttpResponseMessage response = await gateway.Client.SendAsync(GatewayFixture.Post(StdioGateway.Initialize, path));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    private static async Task<int> ProcessAsync(ReloadFixture gateway, string session, string path = "/mcp") =>
        int.Parse(await CallAsync(gateway, session, "pid", path: path), CultureInfo.InvariantCulture);

    private static async Task<string> CallAsync(
        ReloadFixture gateway, string session, string tool, string arguments = "{}", string path = "/mcp")
    {
        using HttpRequestMessage request = GatewayFixture.Post(StdioGateway.Call("7", tool, arguments), path);
        request.Headers.Add("Mcp-Session-Id", session);
        using HttpResponseMessage response = await gateway.Client.SendAsync(request);
        return StdioGateway.TextOf(await response.Content.ReadAsStringAsync());
    }
}
