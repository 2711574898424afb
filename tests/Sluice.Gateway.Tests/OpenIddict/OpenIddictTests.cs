using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using ModelContextProtocol.Authentication;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.Gateway.Tests;

/// <summary>A real authorization server, a gateway that accepts its tokens, and real MCP servers and clients.</summary>
public sealed class OpenIddictTests(OpenIddictScene scene) : IClassFixture<OpenIddictScene>
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly OffsetTimeProvider _clock = new();
    private readonly OpenIddictIssuer _issuer = scene.Issuer;
    private readonly DemoServer _server = scene.Server;

    [Fact]
    public async Task Token_ForAServersResource_IsAcceptedThereAndNowhereElse()
    {
        _issuer.Asked.Clear();
        await using GatewayFixture gateway = await StartAsync();
        string one = await _issuer.TokenForAsync(Client, Resource(gateway, "one"));
        string both = await _issuer.TokenForAsync(Client, Resource(gateway, "one"), Resource(gateway, "two"));

        (await CallAsync(gateway, "one", one)).ShouldContain("Echo: hi");
        (await CallAsync(gateway, "two", one)).ShouldContain("Unauthorized: the token is for another audience");
        (await CallAsync(gateway, "one", both)).ShouldContain("Echo: hi");
        (await CallAsync(gateway, "two", both)).ShouldContain("Echo: hi");
        (await CallAsync(gateway, "one", await _issuer.TokenForAsync(Client))).ShouldContain("Unauthorized: the token names no audience");

        // The gateway asks nothing about a single token.
        _issuer.Asked.Distinct().Order(StringComparer.Ordinal).ShouldBe(
            ["/.well-known/jwks", "/.well-known/openid-configuration", "/connect/token"]);
    }

    [Fact]
    public async Task Token_EncryptedByDefault_IsRefusedWithTheWayOut()
    {
        await using OpenIddictIssuer issuer = await OpenIddictIssuer.StartAsync(signsOnly: false);
        await using GatewayFixture gateway = await StartAsync(issuer.Issuer);

        (await CallAsync(gateway, "one", await issuer.TokenForAsync(Client, Resource(gateway, "one")))).ShouldContain(
            "the token is encrypted for another recipient; its issuer must sign only (OpenIddict: DisableAccessTokenEncryption)");
    }

    [Fact]
    public async Task Token_WhereTheFinalSlashIsMissing_NamesTheConfiguredIssuer()
    {
        await using GatewayFixture gateway = await StartAsync(_issuer.Issuer.TrimEnd('/'));

        (await CallAsync(gateway, "one", await _issuer.TokenForAsync(Client, Resource(gateway, "one")))).ShouldContain(
            $"'auth.jwt.issuer' is '{_issuer.Issuer.TrimEnd('/')}', and the token's differs from it by the final slash");
    }

    [Fact]
    public async Task Token_AfterARotation_IsAcceptedOnceTheIssuerMayBeAsked()
    {
        await using GatewayFixture gateway = await StartAsync();
        (await CallAsync(gateway, "one", await _issuer.TokenForAsync(Client, Resource(gateway, "one")))).ShouldContain("Echo: hi");

        _issuer.Rotate();
        string token = await _issuer.TokenForAsync(Client, Resource(gateway, "one"));
        _clock.Advance(FetchedKeys.MinInterval);

        (await CallAsync(gateway, "one", token)).ShouldContain("Echo: hi");
    }

    [Fact]
    public async Task Token_Refreshed_IsForTheSameServer()
    {
        await using GatewayFixture gateway = await StartAsync();
        string verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        string challenge = Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        string redirect = Uri.EscapeDataString(OpenIddictIssuer.RedirectUri);
        AuthorizationResult signedIn = await SignInAsync(new Uri(
            $"{_issuer.Issuer}connect/authorize?client_id={OpenIddictIssuer.PublicClient}&response_type=code&redirect_uri={redirect}"
            + $"&scope=offline_access&code_challenge={challenge}&code_challenge_method=S256&resource={Uri.EscapeDataString(Resource(gateway, "one"))}"));
        string refresh = await _issuer.RequestAsync(
            Client,
            [
                new("grant_type", "authorization_code"), new("client_id", OpenIddictIssuer.PublicClient), new("code", signedIn.Code!),
                new("code_verifier", verifier), new("redirect_uri", OpenIddictIssuer.RedirectUri),
            ],
            "refresh_token");

        string token = await _issuer.RequestAsync(
            Client,
            [new("grant_type", "refresh_token"), new("client_id", OpenIddictIssuer.PublicClient), new("refresh_token", refresh)],
            "access_token");

        (await CallAsync(gateway, "one", token)).ShouldContain("Echo: hi");
        (await CallAsync(gateway, "two", token)).ShouldContain("Unauthorized: the token is for another audience");
    }

    [Fact]
    public async Task Client_OfTheCSharpSdk_SignsInThroughTheGatewayAndIsLimitedAsItsUser()
    {
        await using GatewayFixture gateway = await StartAsync();
        int signIns = 0;
        await using HttpClientTransport transport = SignInBy(
            new Uri(gateway.Address, "/one/mcp"), _ => Interlocked.Increment(ref signIns));

        await using McpClient client = await McpClient.CreateAsync(transport);
        CallToolResult result = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });

        result.Content.OfType<TextContentBlock>().Single().Text.ShouldBe("Echo: hi");
        signIns.ShouldBe(1);
        await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
        (await Should.ThrowAsync<Exception>(() =>
            client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" }).AsTask()))
            .Message.ShouldContain("Rate limit exceeded: perUser");
    }

    [Fact]
    public async Task Client_OfTheTypeScriptSdk_SignsInThroughTheGatewayAndIsLimitedAsItsUser()
    {
        await using GatewayFixture gateway = await StartAsync();

        ProgramResult result = await ChildProcess.RunAsync(
            "node",
            Path.Combine(Repository.NodeFolder, "sign-in.mjs"),
            Resource(gateway, "one"),
            OpenIddictIssuer.PublicClient,
            OpenIddictIssuer.RedirectUri,
            "3");

        result.ExitCode.ShouldBe(0, result.ToString());
        string[] seen = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        seen[..^1].ShouldBe(
            [
                $$"""{"resource":"{{Resource(gateway, "one")}}","scope":"{{OpenIddictIssuer.Scope}}"}""",
                """{"connected":"signed in"}""",
                """{"text":"Echo: hi"}""",
                """{"text":"Echo: hi"}""",
            ]);
        seen[^1].ShouldStartWith("""{"code":429,"message":"MCP error 429: Rate limit exceeded: perUser limit on tool 'echo'""");
    }

    [Fact]
    public async Task Client_OfTheCSharpSdk_WhoseTokenLacksAScope_SignsInForItAndGetsItsAnswer()
    {
        await using GatewayFixture gateway = await StartAsync();
        List<string[]> scopes = [];
        await using HttpClientTransport transport = SignInBy(new Uri(gateway.Address, "/two/mcp"), address =>
            scopes.Add(HttpUtility.ParseQueryString(address.Query)["scope"]!.Split(' ')));
        await using McpClient client = await McpClient.CreateAsync(transport);

        CallToolResult result = await client.CallToolAsync("search", new Dictionary<string, object?> { ["query"] = "whale" });

        result.IsError.ShouldNotBe(true);
        scopes.Count.ShouldBe(2);
        scopes[0].ShouldBe([OpenIddictIssuer.Scope, "offline_access"], ignoreOrder: true);
        scopes[1].ShouldBe([OpenIddictIssuer.Scope, OpenIddictIssuer.OtherScope, "offline_access"], ignoreOrder: true);
        (await Should.ThrowAsync<Exception>(() =>
            client.CallToolAsync("slow_count", new Dictionary<string, object?> { ["seconds"] = 1 }).AsTask()))
            .Message.ShouldNotContain("scope");
        scopes.Count.ShouldBe(2, "no scope would allow this tool, so the client is not told to sign in");
    }

    private static HttpClientTransport SignInBy(Uri endpoint, Action<Uri> onSignIn) => new(new HttpClientTransportOptions
    {
        Endpoint = endpoint,
        OAuth = new ClientOAuthOptions
        {
            ClientId = OpenIddictIssuer.PublicClient,
            RedirectUri = new Uri(OpenIddictIssuer.RedirectUri),
            AuthorizationCallbackHandler = async (context, _) =>
            {
                onSignIn(context.AuthorizationUri);
                return await SignInAsync(context.AuthorizationUri);
            },
        },
    });

    private Task<GatewayFixture> StartAsync(string? issuer = null) => GatewayFixture.StartAsync(
        $$"""
        listen: http://127.0.0.1:0
        auth: { jwt: { issuer: "{{issuer ?? _issuer.Issuer}}" } }
        servers:
          - { name: one, upstream: "{{_server.Endpoint}}", scopes: ["{{OpenIddictIssuer.Scope}}"], rateLimiting: { tools: [{ name: echo, perUser: 2/1d }] } }
          - name: two
            upstream: "{{_server.Endpoint}}"
            scopes: ["{{OpenIddictIssuer.Scope}}"]
            allow: [{ tools: echo }, { tools: search, claim: scope, values: ["{{OpenIddictIssuer.OtherScope}}"] }]
            rateLimiting: { perUser: 100/1d }
        """,
        _clock);

    private static string Resource(GatewayFixture gateway, string server) =>
        gateway.Address.GetLeftPart(UriPartial.Authority) + $"/{server}/mcp";

    private static async Task<string> CallAsync(GatewayFixture gateway, string server, string token)
    {
        HttpRequestMessage request = GatewayFixture.Post(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hi"}}}""", $"/{server}/mcp");
        request.Headers.Add("Authorization", $"Bearer {token}");
        return (await gateway.SendAsync(request)).Body;
    }

    /// <summary>Does what a user's browser does: asks for the address, and takes the code from where it is sent.</summary>
    private static async Task<AuthorizationResult> SignInAsync(Uri address)
    {
        using HttpResponseMessage response = await Client.GetAsync(address);
        response.StatusCode.ShouldBe(HttpStatusCode.Found, await response.Content.ReadAsStringAsync());
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(response.Headers.Location!.Query);
        return new AuthorizationResult { Code = query["code"], State = query["state"], Iss = query["iss"] };
    }
}
