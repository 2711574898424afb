using System.Net;

namespace Sluice.Gateway.Tests;

public sealed class ApiKeyTests
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""";
    private const string OneEach = "{ perUser: 1/1d }";

    [Theory]
    [InlineData(null, null, "no API key was sent")]
    [InlineData("Authorization", "Bearer wrong", "the API key is not known")]
    [InlineData("Authorization", "Basic dGhlLWtleS1vZi1hbGljZQ==", "no API key was sent")]
    [InlineData("Authorization", "Bearer ", "no API key was sent")]
    [InlineData("X-API-Key", "wrong", "the API key is not known")]
    [InlineData("X-API-Key", "", "the API key is not known")]
    public async Task Request_WithoutAKnownKey_IsChallengedAndGoesNoFurther(string? header, string? value, string why)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        foreach (HttpMethod method in new[] { HttpMethod.Post, HttpMethod.Get, HttpMethod.Delete })
        {
            using HttpRequestMessage request = GatewayFixture.Post(Call);
            request.Method = method;
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }

            using HttpResponseMessage response = await gateway.Client.SendAsync(request);

            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
            (await response.Content.ReadAsStringAsync()).ShouldContain($"Unauthorized: {why}");
        }

        upstream.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task Request_KeyInItsOwnHeader_IsNotForTheUpstream()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        upstream.Received.Single().Headers.ShouldNotContainKey("X-API-Key");
    }

    [Fact]
    public async Task Request_KeyInBothHeaders_NeitherReachesTheServer()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);
        request.Headers.Add("Authorization", $"Bearer {GatewayFixture.AliceKey}");

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        upstream.Received.Single().Headers.ShouldNotContainKey("X-API-Key");
        upstream.Received.Single().Headers.ShouldNotContainKey("Authorization");
    }

    [Fact]
    public async Task Request_TokenOfTheServerBesideTheKey_ReachesTheServer()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("X-API-Key", GatewayFixture.AliceKey);
        request.Headers.Add("Authorization", "Bearer token-of-the-server");

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        upstream.Received.Single().Headers.Authorization.ToString().ShouldBe("Bearer token-of-the-server");
    }

    [Fact]
    public async Task Request_KeyAsBearer_DoesNotReachTheServer()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("Authorization", $"bearer {GatewayFixture.AliceKey}");

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);

        upstream.Received.Single().Headers.ShouldNotContainKey("Authorization");
    }

    [Fact]
    public async Task Request_TwoKeysInOneHeader_IsRefused()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);
        HttpRequestMessage request = GatewayFixture.Post(Call);
        request.Headers.Add("X-API-Key", [GatewayFixture.AliceKey, GatewayFixture.AliceKey]);

        (await gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("identity: { userAcrossTenants: true }", true)]
    public async Task Keys_OfOneNameInTwoTenants_AreTwoUsersUnlessConfigured(string identity, bool areOne)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            {{identity}}
            auth:
              apiKeys:
                - { user: alice, tenant: acme, sha256: {{GatewayFixture.HashOf("one")}} }
                - { user: alice, tenant: acme, sha256: {{GatewayFixture.HashOf("two")}} }
                - { user: alice, tenant: other, sha256: {{GatewayFixture.HashOf("three")}} }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{OneEach}} }
            """);

        (await gateway.SendAsync(TokenScene.CallWith("one"))).Body.ShouldBe("{}");
        (await gateway.SendAsync(TokenScene.CallWith("two"))).Body.ShouldContain("Rate limit exceeded");
        (await gateway.SendAsync(TokenScene.CallWith("three"))).Body.Contains("Rate limit exceeded", StringComparison.Ordinal)
            .ShouldBe(areOne);
    }

    [Fact]
    public async Task Call_WithAKeyOfAFile_IsOfItsUser()
    {
        string folder = Directory.CreateTempSubdirectory("sluice-test").FullName;
        string keys = Path.Combine(folder, "keys.yaml");
        await File.WriteAllLinesAsync(keys, Enumerable.Range(0, 1_000)
            .Select(index => $"- {{ user: user-{index / 2}, sha256: {GatewayFixture.HashOf($"key-{index}")} }}"));
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth: { apiKeys: { file: "{{keys}}" } }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{OneEach}} }
            """);
        Directory.Delete(folder, recursive: true); // The keys were read at the start.

        (await gateway.SendAsync(TokenScene.CallWith("key-10"))).Body.ShouldBe("{}");
        (await gateway.SendAsync(TokenScene.CallWith("key-11"))).Body.ShouldContain("Rate limit exceeded");
        (await gateway.SendAsync(TokenScene.CallWith("key-12"))).Body.ShouldBe("{}");
        (await gateway.SendAsync(TokenScene.CallWith("key-1000"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        upstream.Received.ShouldAllBe(request => !request.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task Options_Preflight_NeedsNoKey()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, OneEach);

        (await gateway.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/mcp"))).Status.ShouldBe(HttpStatusCode.OK);

        upstream.Received.Single().Method.ShouldBe("OPTIONS");
    }
}
