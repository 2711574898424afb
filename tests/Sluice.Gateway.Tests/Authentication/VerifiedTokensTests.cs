using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

public sealed class VerifiedTokensTests
{
    [Fact]
    public async Task Token_SeenBefore_IsNotBelievedAfterItHasExpired()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        JsonObject claims = scene.Provider.Claims();
        claims["exp"] = OidcProvider.Seconds(TimeSpan.FromMinutes(1));
        string token = scene.Provider.Key.Sign(claims);
        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);

        scene.Clock.Advance(TimeSpan.FromMinutes(1) + TokenValidity.ClockSkew - TimeSpan.FromTicks(1));
        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
        scene.Clock.Advance(TimeSpan.FromTicks(1));
        (await scene.CallAsync(token)).Body.ShouldContain("the token has expired");
    }

    [Fact]
    public async Task Token_SeenBefore_IsNotBelievedAfterItsKeyIsGoneEvenIfTheNameIsReused()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        string token = scene.Provider.Token();
        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
        scene.Provider.Published.Clear();
        scene.Provider.Published.Add(TestKey.OfAStranger.PublicJson());
        scene.Clock.Advance(FetchedKeys.MinInterval);
        (await scene.StatusOfAsync(new TestKey("unknown", "ES256").Sign(scene.Provider.Claims()))).ShouldBe(HttpStatusCode.Unauthorized);

        (await scene.CallAsync(token)).Body.ShouldContain("the token's signature is wrong");
    }

    [Fact]
    public void Add_MoreThanFit_ForgetsTheOldestAndKeepsWhatIsInUse()
    {
        VerifiedTokens tokens = new();
        VerifiedToken token = new(null!, AuthenticationResult.NotAsked, [], null, "RS256", 0, default);
        for (int i = 0; i < 5 * VerifiedTokens.MaxPerGeneration; i++)
        {
            tokens.Add($"token {i}", token);
            tokens.TryFind("token 0", out _).ShouldBeTrue();
        }

        tokens.Count.ShouldBeLessThanOrEqualTo(2 * VerifiedTokens.MaxPerGeneration);
        tokens.TryFind("token 1", out _).ShouldBeFalse();
        tokens.TryFind("token 0", out VerifiedToken? found).ShouldBeTrue();
        found.ShouldBe(token);
    }
}
