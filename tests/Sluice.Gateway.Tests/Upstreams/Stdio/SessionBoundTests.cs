using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Gateway.Tests;

/// <summary>The bounds of sessions and of process starts, per user and in total.</summary>
public sealed class SessionBoundTests
{
    private static readonly string OneUser =
        $"auth: {{ apiKeys: [ {{ user: alice, sha256: {GatewayFixture.HashOf(GatewayFixture.AliceKey)} }} ] }}";

    [Fact]
    public async Task Initialize_OneUserBeginsManySessions_OtherUserIsServed()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(
            upstream: ", maxSessions: 4",
            server: $$"""
            auth:
              apiKeys: [ { user: alice, sha256: {{GatewayFixture.HashOf("a")}} }, { user: bob, sha256: {{GatewayFixture.HashOf("b")}} } ]
            """);
        List<string> ofAlice = [];
        for (int session = 0; session < 5; session++)
        {
            ofAlice.Add(await BeginAsync(gateway.Fixture.Client, "a"));
        }

        string ofBob = await BeginAsync(gateway.Fixture.Client, "b");

        (await StatusAsync(gateway.Fixture.Client, "b", ofBob)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(gateway.Fixture.Client, "a", ofAlice[2])).ShouldBe(HttpStatusCode.NotFound); // Evicted.
        (await StatusAsync(gateway.Fixture.Client, "a", ofAlice[3])).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(gateway.Fixture.Client, "a", ofAlice[4])).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("identity: { userAcrossTenants: true }", HttpStatusCode.NotFound)]
    public async Task Initialize_OneNameInTwoTenants_HasTheBoundOfOneUserWhereItIsOne(string identity, HttpStatusCode ofTheFirst)
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(
            upstream: ", maxSessionsPerUser: 1",
            server: $$"""
            auth:
              apiKeys:
                - { user: alice, tenant: acme, sha256: {{GatewayFixture.HashOf("a")}} }
                - { user: alice, tenant: other, sha256: {{GatewayFixture.HashOf("b")}} }
            {{identity}}
            """);
        string first = await BeginAsync(gateway.Fixture.Client, "a");

        string second = await BeginAsync(gateway.Fixture.Client, "b");

        (await StatusAsync(gateway.Fixture.Client, "a", first)).ShouldBe(ofTheFirst);
        (await StatusAsync(gateway.Fixture.Client, "b", second)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Initialize_OneAddressWithoutIdentityTakesEverySession_OtherAddressIsServed()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", maxSessions: 3, maxSessionsPerUser: 1");
        using HttpClient one = gateway.Fixture.ClientFrom(IPAddress.Parse("127.0.0.2"));
        using HttpClient two = gateway.Fixture.ClientFrom(IPAddress.Parse("127.0.0.3"));
        string[] sessions = [await BeginAsync(one, key: null), await BeginAsync(one, key: null), await BeginAsync(one, key: null)];

        string other = await BeginAsync(two, key: null);

        (await StatusAsync(two, null, other)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(one, null, sessions[0])).ShouldBe(HttpStatusCode.NotFound); // Evicted.
        (await StatusAsync(one, null, sessions[1])).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(one, null, sessions[2])).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Initialize_AtTheBoundOfTheUser_WaitsUntilTheEvictedProcessIsGone()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync("stays", ", maxSessionsPerUser: 1", OneUser);
        gateway.Fixture.Client.DefaultRequestHeaders.Authorization = new("Bearer", GatewayFixture.AliceKey);
        string evicted = await gateway.BeginAsync();
        int process = int.Parse(await gateway.TextAsync(evicted, "pid"), CultureInfo.InvariantCulture);

        await gateway.BeginAsync();

        StdioGateway.IsRunning(process).ShouldBeFalse();
    }

    [Fact]
    public async Task Initialize_EverySessionOfTheUserHasACall_Is503AndTheCallGoesOn()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", maxSessionsPerUser: 1", server: OneUser);
        gateway.Fixture.Client.DefaultRequestHeaders.Authorization = new("Bearer", GatewayFixture.AliceKey);
        string session = await gateway.BeginAsync();
        Task<(HttpStatusCode Status, string Body)> held = gateway.CallAsync(session, "1", "hold", """{"until":2,"text":"first"}""");
        await Eventually.HoldsAsync(async () => (await gateway.TextAsync(session, "held")) == "1");

        using HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(GatewayFixture.Post(StdioGateway.Initialize));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await response.Content.ReadAsStringAsync()).ShouldContain("its caller has 1 sessions, each with a call in flight");
        await gateway.CallAsync(session, "2", "hold", """{"until":2,"text":"second"}""");
        (await held).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Initialize_AllSessionsInUse_StatesWhenTheFirstOneCanEnd()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(
            upstream: ", maxSessions: 1, idleTimeout: 1h");
        using HttpClient other = gateway.Fixture.ClientFrom(IPAddress.Parse("127.0.0.2"));
        string session = await gateway.BeginAsync();

        using HttpResponseMessage full = await other.SendAsync(GatewayFixture.Post(StdioGateway.Initialize));
        HttpRequestMessage delete = new(HttpMethod.Delete, "/mcp");
        delete.Headers.Add("Mcp-Session-Id", session);
        await gateway.Fixture.SendAsync(delete);
        string next = await BeginAsync(other, key: null); // Waits for the slot of the session that ends.

        full.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        full.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromMinutes(45), TimeSpan.FromHours(1));
        (await full.Content.ReadAsStringAsync()).ShouldContain("all of its sessions are in use");
        (await StatusAsync(other, null, next)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Initialize_FasterThanTheStartRateOfTheUser_Is503ForThatUserAlone()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", startRatePerUser: 1/1h");
        using HttpClient other = gateway.Fixture.ClientFrom(IPAddress.Parse("127.0.0.2"));
        string session = await gateway.BeginAsync();

        using HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(GatewayFixture.Post(StdioGateway.Initialize));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromMinutes(45), TimeSpan.FromHours(1));
        (await response.Content.ReadAsStringAsync()).ShouldContain("no more of its processes may be started for its caller yet");
        (await StatusAsync(gateway.Fixture.Client, null, session)).ShouldBe(HttpStatusCode.OK);
        await BeginAsync(other, key: null);
    }

    private static async Task<string> BeginAsync(HttpClient client, string? key)
    {
        using HttpRequestMessage request = With(GatewayFixture.Post(StdioGateway.Initialize), key);
        using HttpResponseMessage response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string? key, string session)
    {
        using HttpRequestMessage request = With(StdioGateway.Legacy(session, StdioGateway.Call("1", "echo")), key);
        using HttpResponseMessage response = await client.SendAsync(request);
        return response.StatusCode;
    }

    private static HttpRequestMessage With(HttpRequestMessage request, string? key)
    {
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return request;
    }
}
