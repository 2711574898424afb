using System.Net;

namespace Sluice.Gateway.Tests;

/// <summary>Wrong credentials cost those who send them, and not the others at their address.</summary>
public sealed class WrongCredentialTests
{
    [Fact]
    public async Task RightKey_AfterManyWrongOnesFromItsAddress_IsServed()
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartWithKeysAsync(upstream.Endpoint, "{ perUser: 100/1d }");
        for (int i = 0; i < 10; i++)
        {
            (await gateway.SendAsync(TokenScene.CallWith($"guess-{i}"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using HttpRequestMessage request = TokenScene.CallWith("guess-10");
        using HttpResponseMessage blocked = await gateway.Client.SendAsync(request);
        blocked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        blocked.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 6);
        (await blocked.Content.ReadAsStringAsync()).ShouldContain(
            "\"code\":429,\"message\":\"Not now: the API key is not known, and this address has sent too many different wrong credentials.\"");
        upstream.Received.ShouldBeEmpty();

        (await gateway.SendAsync(TokenScene.CallWith(GatewayFixture.AliceKey))).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.SendAsync(TokenScene.CallWith("guess-0"))).Status.ShouldBe(HttpStatusCode.Unauthorized, "it guesses nothing");
        (await gateway.SendAsync(TokenScene.CallWith(null))).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task RightToken_NewAfterManyForgedOnes_IsServed()
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: ", failures: 3/1d");
        string[] forged = [.. Enumerable.Range(0, 60).Select(index => TestKey.OfAStranger.Sign(scene.Provider.Claims($"user-{index}")))];

        HttpStatusCode[] answers = await Task.WhenAll(
            forged.Append(scene.Provider.Token("alice")).Concat(forged).Append(scene.Provider.Token("bob")).Select(scene.StatusOfAsync));

        answers.Count(answer => answer == HttpStatusCode.OK).ShouldBe(2);
        answers.Count(answer => answer == HttpStatusCode.TooManyRequests).ShouldBeGreaterThan(60);
        (await scene.StatusOfAsync(forged[0])).ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests);
        (await scene.StatusOfAsync(scene.Provider.Token("carol"))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ExpiredTokens_ThatTheIssuerSigned_AreNoGuesses()
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: ", failures: 3/1d");
        string[] tokens = [.. Enumerable.Range(0, 12).Select(index => scene.Provider.Token($"user-{index}"))];
        scene.Clock.Advance(TimeSpan.FromHours(13));
        foreach (string token in tokens)
        {
            (HttpStatusCode status, string body) = await scene.CallAsync(token);
            status.ShouldBe(HttpStatusCode.Unauthorized);
            body.ShouldContain("the token has expired");
        }

        (await scene.StatusOfAsync("a.forged.one")).ShouldBe(HttpStatusCode.Unauthorized, "nothing was counted so far");
    }

    [Theory]
    [InlineData("aud", "https://elsewhere.example.com", "another audience")]
    [InlineData("sub", "", "names no user")]
    [InlineData("exp", 0, "has expired")]
    [InlineData("nbf", 4102444800, "not valid yet")]
    public async Task Token_ThatTheIssuerSignedForSomethingElse_IsNoGuess(string claim, object value, string why)
    {
        await using TokenScene scene = await TokenScene.StartAsync(auth: ", failures: 1/1d");
        for (int i = 0; i < 5; i++)
        {
            System.Text.Json.Nodes.JsonObject claims = scene.Provider.Claims();
            claims["jti"] = $"token-{i}";
            claims[claim] = value is string text ? text : System.Text.Json.Nodes.JsonValue.Create(Convert.ToInt64(value, null));
            (HttpStatusCode status, string body) = await scene.CallAsync(scene.Provider.Key.Sign(claims));
            status.ShouldBe(HttpStatusCode.Unauthorized);
            body.ShouldContain(why);
        }

        (await scene.StatusOfAsync("wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.StatusOfAsync("wrong too")).ShouldBe(HttpStatusCode.TooManyRequests);
    }
}
