using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>Issuers change their keys, go away, come back, and answer nonsense.</summary>
public sealed class KeyRotationTests
{
    [Fact]
    public async Task Keys_Rotated_AreFetchedWhenATokenNamesANewOne()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        string old = scene.Provider.Token();
        (await scene.StatusOfAsync(old)).ShouldBe(HttpStatusCode.OK);

        scene.Provider.Rotate("two");

        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.Unauthorized, "it asked less than 30 s ago");
        (await scene.StatusOfAsync(old)).ShouldBe(HttpStatusCode.OK);
        scene.Clock.Advance(FetchedKeys.MinInterval);
        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.OK);
        (await scene.StatusOfAsync(old)).ShouldBe(HttpStatusCode.Unauthorized, "its key is gone");
    }

    [Fact]
    public async Task Keys_InventedNames_AskTheIssuerOnceInThirtySeconds()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        await scene.CallAsync(scene.Provider.Token());
        scene.Clock.Advance(FetchedKeys.MinInterval);
        scene.Provider.Asked.Clear();
        TestKey stranger = new("x", "ES256");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async index =>
        {
            JsonObject header = stranger.Header();
            header["kid"] = $"invented-{index}";
            (await scene.StatusOfAsync(stranger.Sign(header, scene.Provider.Claims().ToJsonString()))).ShouldBe(HttpStatusCode.Unauthorized);
        }));

        scene.Provider.Asked.ShouldBe([OidcProvider.Discovery, OidcProvider.Keys]);
    }

    [Fact]
    public async Task Keys_AfterAnHour_AreFetchedAgainWhileTheOldServe()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        string old = scene.Provider.Token();
        await scene.CallAsync(old);
        scene.Provider.Rotate("two");
        scene.Clock.Advance(FetchedKeys.MaxAge);
        TaskCompletionSource fetched = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Provider.Instead[OidcProvider.Keys] = async context =>
        {
            await OidcProvider.WriteAsync(context, new JsonObject { ["keys"] = new JsonArray(scene.Provider.Published[0].DeepClone()) });
            fetched.SetResult();
        };

        (await scene.StatusOfAsync(old)).ShouldBe(HttpStatusCode.OK);

        await fetched.Task.WaitAsync(Eventually.Patience);
        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Issuer_AwayAtTheStart_Is503UntilItIsBack()
    {
        await using TokenScene scene = await TokenScene.StartAsync(
            auth: ", failures: 1/1d", prepare: provider => provider.IsAway = true);
        using (HttpRequestMessage request = TokenScene.CallWith(scene.Provider.Token()))
        {
            using HttpResponseMessage response = await scene.Gateway.Client.SendAsync(request);

            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter!.Delta.ShouldBe(FetchedKeys.RetryInterval);
            response.Headers.WwwAuthenticate.ShouldBeEmpty();
            (await response.Content.ReadAsStringAsync()).ShouldContain(
                "\"code\":503,\"message\":\"Not now: the keys of the token's issuer cannot be fetched at the moment.\"");
        }

        scene.Upstream.Received.ShouldBeEmpty();
        scene.Provider.IsAway = false;
        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.ServiceUnavailable, "it asked less than 10 s ago");
        scene.Clock.Advance(FetchedKeys.RetryInterval);
        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.OK, "nothing of this was the caller's failure");
    }

    [Fact]
    public async Task Issuer_AwayLater_KnownKeysStayInUse()
    {
        await using TokenScene scene = await TokenScene.StartAsync();
        string token = scene.Provider.Token();
        await scene.CallAsync(token);
        scene.Provider.IsAway = true;
        scene.Clock.Advance(TimeSpan.FromHours(5));

        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
        (await scene.StatusOfAsync(new TestKey("two", "ES256").Sign(scene.Provider.Claims())))
            .ShouldBe(HttpStatusCode.ServiceUnavailable, "it is not known whether the issuer has such a key now");
        (await scene.StatusOfAsync(token)).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(OidcProvider.Discovery, "{}")]
    [InlineData(OidcProvider.Discovery, "[]")]
    [InlineData(OidcProvider.Discovery, "<html>")]
    [InlineData(OidcProvider.Discovery, "{\"issuer\":\"https://other.example.com\",\"jwks_uri\":\"{keys}\"}")]
    [InlineData(OidcProvider.Discovery, "{\"issuer\":\"{issuer}\"}")]
    [InlineData(OidcProvider.Discovery, "{\"issuer\":\"{issuer}\",\"jwks_uri\":\"http://keys.example.com/\"}")]
    [InlineData(OidcProvider.Discovery, "{\"issuer\":\"{issuer}\",\"jwks_uri\":\"file:///etc/passwd\"}")]
    [InlineData(OidcProvider.Keys, "{}")]
    [InlineData(OidcProvider.Keys, "{\"keys\":{}}")]
    [InlineData(OidcProvider.Keys, "no JSON")]
    public async Task Issuer_AnsweringNonsense_Is503(string path, string answer)
    {
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider => provider.Instead[path] = context =>
            context.Response.WriteAsync(answer
                .Replace("{issuer}", provider.Issuer, StringComparison.Ordinal)
                .Replace("{keys}", provider.Issuer + OidcProvider.Keys, StringComparison.Ordinal)));

        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.ServiceUnavailable);
        scene.Upstream.Received.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{issuer}/", "its document names another issuer, \"{issuer}/\"; write that one in 'auth.jwt.issuer'")]
    [InlineData("a\\nb", "its document names another issuer, \"a\\nb\"; write that one in 'auth.jwt.issuer'")]
    [InlineData("", "its document names no issuer")]
    public async Task Fetch_DocumentOfAnotherIssuer_NamesIt(string named, string message)
    {
        await using OidcProvider provider = await OidcProvider.StartAsync();
        string document = $"{{\"issuer\":\"{named}\",\"jwks_uri\":\"{provider.Issuer}{OidcProvider.Keys}\"}}"
            .Replace("{issuer}", provider.Issuer, StringComparison.Ordinal);
        provider.Instead[OidcProvider.Discovery] = context => context.Response.WriteAsync(document);
        using DocumentClient client = new(TimeProvider.System);

        (await Should.ThrowAsync<FormatException>(() => IssuerDiscovery.FetchAsync(client, provider.Issuer, CancellationToken.None)))
            .Message.ShouldBe(message.Replace("{issuer}", provider.Issuer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Issuer_RedirectingToElsewhere_IsNotFollowed()
    {
        await using OidcProvider stranger = await OidcProvider.StartAsync(TestKey.OfAStranger);
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider => provider.Instead[OidcProvider.Keys] = context =>
        {
            context.Response.Redirect(stranger.Issuer + OidcProvider.Keys);
            return Task.CompletedTask;
        });

        (await scene.StatusOfAsync(stranger.Key.Sign(scene.Provider.Claims()))).ShouldBe(HttpStatusCode.ServiceUnavailable);
        stranger.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Issuer_WithAMegabyteOfKeys_Is503()
    {
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider =>
            provider.Instead[OidcProvider.Keys] = context => context.Response.WriteAsync(new string(' ', 1_000_000) + "{\"keys\":[]}"));

        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Issuer_ThatSpeaksOAuthOnly_IsFoundToo()
    {
        await using TokenScene scene = await TokenScene.StartAsync(prepare: provider =>
        {
            provider.Instead["/.well-known/oauth-authorization-server"] = context => OidcProvider.WriteAsync(
                context, new JsonObject { ["issuer"] = provider.Issuer, ["jwks_uri"] = provider.Issuer + OidcProvider.Keys });
            provider.Instead[OidcProvider.Discovery] = context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            };
        });

        (await scene.StatusOfAsync(scene.Provider.Token())).ShouldBe(HttpStatusCode.OK);
    }
}
