using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Every way to be wrong has its own answer, and none lets a call through.</summary>
public sealed class WrongTokenTests : IAsyncLifetime
{
    private TokenScene _scene = null!;
    private OidcProvider _stranger = null!;

    public async Task InitializeAsync()
    {
        _scene = await TokenScene.StartAsync();
        _stranger = await OidcProvider.StartAsync(TestKey.OfAStranger);
        await _scene.CallAsync(_scene.Provider.Token());
        _scene.Upstream.Received.Clear();
    }

    public async Task DisposeAsync()
    {
        _scene.Upstream.Received.ShouldBeEmpty();
        await _stranger.DisposeAsync();
        await _scene.DisposeAsync();
    }

    [Theory]
    [InlineData("none", "algorithm is not accepted")]
    [InlineData("NoNe", "algorithm is not accepted")]
    [InlineData("HS256", "algorithm is not accepted")]
    [InlineData("rs256", "algorithm is not accepted")]
    [InlineData("dir", "algorithm is not accepted")]
    public Task Token_OfAnotherAlgorithm_IsRefused(string algorithm, string why)
    {
        JsonObject header = _scene.Provider.Key.Header();
        header["alg"] = algorithm;
        return RefusedAsync(_scene.Provider.Key.Sign(header, _scene.Provider.Claims().ToJsonString()), why);
    }

    [Fact]
    public Task Token_WithoutASignature_IsRefused()
    {
        string[] parts = _scene.Provider.Key.Sign(new JsonObject { ["alg"] = "none" }, _scene.Provider.Claims().ToJsonString()).Split('.');
        return RefusedAsync($"{parts[0]}.{parts[1]}.", "algorithm is not accepted");
    }

    [Theory]
    [InlineData("HS256", true)]
    [InlineData("HS256", false)]
    [InlineData("RS256", true)]
    public async Task Token_SignedByThePublicKeyAsASecret_IsRefused(string claimedAlgorithm, bool asPem)
    {
        TestKey key = _scene.Provider.Key;
        byte[] secret = Encoding.ASCII.GetBytes(asPem ? key.PublicPem : key.PublicJson()["n"]!.GetValue<string>());
        string signed = Part(new JsonObject { ["alg"] = claimedAlgorithm, ["kid"] = key.Id }.ToJsonString())
            + "." + Part(_scene.Provider.Claims().ToJsonString());

        await RefusedAsync(
            $"{signed}.{TestKey.Encode(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}",
            claimedAlgorithm == "HS256" ? "algorithm is not accepted" : "signature is wrong");
    }

    [Theory]
    [InlineData("aud", "\"https://other.example.com\"", "another audience")]
    [InlineData("aud", "\"https://mcp.example.com/\"", "another audience")]
    [InlineData("aud", "[\"a\", \"b\"]", "another audience")]
    [InlineData("aud", null, "the token names no audience")]
    [InlineData("aud", "[]", "the token names no audience")]
    [InlineData("aud", "5", "'aud' is neither a text nor a list of texts")]
    [InlineData("aud", "[\"https://mcp.example.com\", 5]", "'aud' is neither a text nor a list of texts")]
    [InlineData("iss", "\"https://login.example.com\"", "an issuer that is not accepted")]
    [InlineData("iss", "5", "an issuer that is not accepted")]
    [InlineData("iss", null, "an issuer that is not accepted")]
    [InlineData("exp", "\"tomorrow\"", "is not a time")]
    [InlineData("exp", "1e400", "is not a time")]
    [InlineData("exp", null, "never expires")]
    [InlineData("exp", "0", "has expired")]
    [InlineData("exp", "-1", "has expired")]
    [InlineData("exp", "1e300", "is not a time")]
    [InlineData("nbf", "4102444800", "not valid yet")]
    [InlineData("nbf", "{}", "is not a time")]
    [InlineData("sub", null, "names no user")]
    [InlineData("sub", "\" \"", "names no user")]
    [InlineData("sub", "null", "names no user")]
    [InlineData("sub", "42", "claim 'sub' is not a text")]
    [InlineData("tid", "[\"acme\"]", "claim 'tid' is not a text")]
    [InlineData("client_id", "true", "claim 'client_id' is not a text")]
    public Task Token_WithAWrongClaim_IsRefused(string claim, string? json, string why)
    {
        JsonObject claims = _scene.Provider.Claims();
        claims.Remove(claim);
        string text = claims.ToJsonString();
        return RefusedAsync(
            _scene.Provider.Key.Sign(
                _scene.Provider.Key.Header(), json is null ? text : $"{text[..^1]},\"{claim}\":{json}}}"),
            why);
    }

    [Theory]
    [InlineData("exp", -31, "has expired")]
    [InlineData("exp", -30, "has expired")]
    [InlineData("exp", -29, null)]
    [InlineData("nbf", 30, null)]
    [InlineData("nbf", 31, "not valid yet")]
    public async Task Token_AtTheEdgeOfItsTime_HasThirtySecondsOfGrace(string claim, int secondsFromNow, string? why)
    {
        JsonObject claims = _scene.Provider.Claims();
        claims[claim] = OidcProvider.Seconds(TimeSpan.FromSeconds(secondsFromNow));
        string token = _scene.Provider.Key.Sign(claims);
        if (why is null)
        {
            (await _scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
            _scene.Upstream.Received.Clear();
        }
        else
        {
            await RefusedAsync(token, why);
        }
    }

    [Fact]
    public async Task Token_WithAFractionOfASecond_IsATimeToo()
    {
        string text = _scene.Provider.Claims().ToJsonString();
        string expires = OidcProvider.Seconds(TimeSpan.FromHours(12)).ToString(System.Globalization.CultureInfo.InvariantCulture);

        (await _scene.StatusOfAsync(_scene.Provider.Key.Sign(
            _scene.Provider.Key.Header(), text.Replace(expires, expires + ".5", StringComparison.Ordinal)))).ShouldBe(HttpStatusCode.OK);
        _scene.Upstream.Received.Clear();
    }

    [Theory]
    [InlineData("crit", "[\"b64\"]", "extensions that are not supported")]
    [InlineData("typ", "\"logout+jwt\"", "not an access token")]
    [InlineData("typ", "5", "not an access token")]
    public Task Token_WithAWrongHeader_IsRefused(string field, string json, string why)
    {
        JsonObject header = _scene.Provider.Key.Header();
        header[field] = JsonNode.Parse(json);
        return RefusedAsync(_scene.Provider.Key.Sign(header, _scene.Provider.Claims().ToJsonString()), why);
    }

    [Theory]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("jwk")]
    [InlineData("x5c")]
    public async Task Token_ThatBringsItsOwnKey_IsCheckedByTheIssuersKeys(string field)
    {
        JsonObject header = _stranger.Key.Header();
        header[field] = field switch
        {
            "jwk" => _stranger.Key.PublicJson(),
            "x5c" => new JsonArray("MIIB"),
            _ => JsonValue.Create(_stranger.Issuer + OidcProvider.Keys),
        };

        await RefusedAsync(_stranger.Key.Sign(header, _scene.Provider.Claims().ToJsonString()), "signature is wrong");

        _stranger.Asked.ShouldBeEmpty();
    }

    [Fact]
    public Task Token_WithAKeyFromElsewhere_IsRefused()
    {
        TestKey key = new("of-nobody", "ES256");
        return RefusedAsync(key.Sign(_scene.Provider.Claims()), "a key that its issuer does not have");
    }

    [Fact]
    public Task Token_SignedByAKeyOfAnotherKind_IsRefused() =>
        RefusedAsync(new TestKey("one", "ES256").Sign(_scene.Provider.Claims()), "a key that its issuer does not have");

    [Fact]
    public Task Token_ChangedAfterItWasSigned_IsRefused()
    {
        string[] parts = _scene.Provider.Token().Split('.');
        return RefusedAsync($"{parts[0]}.{Part(_scene.Provider.Claims("mallory").ToJsonString())}.{parts[2]}", "signature is wrong");
    }

    [Fact]
    public Task Token_WithoutItsLastCharacters_IsRefused() => RefusedAsync(_scene.Provider.Token()[..^8], "signature is wrong");

    [Theory]
    [InlineData("{\"sub\":\"alice\",\"sub\":\"bob\"}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("")]
    public Task Token_WhoseClaimsAreNoObject_IsRefused(string claims) =>
        RefusedAsync(_scene.Provider.Key.Sign(_scene.Provider.Key.Header(), claims), "is not a JSON Web Token");

    [Theory]
    [InlineData("garbage")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("e30.e30")]
    [InlineData("e30.e30.e30")]
    [InlineData("e30.e30.e30.e30.e30")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.!!!.AA")]
    public Task Token_ThatIsNone_IsRefused(string token) => RefusedAsync(token, "is not a JSON Web Token");

    [Fact]
    public Task Token_OfSeventeenThousandCharacters_IsRefused()
    {
        JsonObject claims = _scene.Provider.Claims();
        claims["padding"] = new string('x', 12_000);
        return RefusedAsync(_scene.Provider.Key.Sign(claims), "more than 16384 characters");
    }

    [Fact]
    public async Task Authorization_Twice_IsRefused()
    {
        string answer = await RawRequest.PostAsync(
            _scene.Gateway.Address,
            IPAddress.Loopback,
            TokenScene.Call,
            $"Authorization: Bearer {_scene.Provider.Token()}",
            $"Authorization: Bearer {_scene.Provider.Token("bob")}");

        answer.ShouldStartWith("HTTP/1.1 401 ");
        answer.ShouldContain("Unauthorized: the header Authorization is there twice.");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic YWxpY2U6eA==")]
    [InlineData("Bearer")]
    public async Task Request_WithoutAToken_LearnsWhereToGetOne(string? authorization)
    {
        using HttpRequestMessage request = GatewayFixture.Post(TokenScene.Call, "/one/mcp");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        using HttpResponseMessage response = await _scene.Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ToString().ShouldBe(
            $"Bearer resource_metadata=\"{_scene.Gateway.Address}.well-known/oauth-protected-resource/one/mcp\"");
        (await response.Content.ReadAsStringAsync()).ShouldContain("Unauthorized: no token was sent. Send 'Authorization: Bearer TOKEN'.");
    }

    private async Task RefusedAsync(string token, string why)
    {
        using HttpRequestMessage request = TokenScene.CallWith(token);

        using HttpResponseMessage response = await _scene.Gateway.Client.SendAsync(request);

        string body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, body);
        body.ShouldContain("\"message\":\"Unauthorized: the token");
        body.ShouldContain(why);
        string challenge = response.Headers.WwwAuthenticate.ToString();
        challenge.ShouldStartWith("Bearer resource_metadata=\"");
        challenge.ShouldContain("error=\"invalid_token\", error_description=\"the token");
    }

    private static string Part(string json) => TestKey.Encode(Encoding.UTF8.GetBytes(json));
}
