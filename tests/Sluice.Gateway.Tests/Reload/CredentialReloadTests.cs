using System.Net;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>Issuers that are added and removed, and what is known of credentials across a reload.</summary>
public sealed class CredentialReloadTests : IAsyncLifetime
{
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{}}"""));

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Change_IssuersAddedAndRemoved_TheirTokensCountAndThenDoNot()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync("", prepare: folder => WriteDocument(folder, ("first", TestKey.Usual)));
        string first = Token("first", TestKey.Usual);
        string second = Token("second", TestKey.OfAStranger);
        (await gateway.CallAsync(key: first)).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.CallAsync(key: second)).Status.ShouldBe(HttpStatusCode.Unauthorized);

        WriteDocument(gateway.Folder, ("first", TestKey.Usual), ("second", TestKey.OfAStranger));
        await gateway.Reloader.LookAsync(CancellationToken.None);
        (await gateway.CallAsync(key: first)).Status.ShouldBe(HttpStatusCode.OK);
        (await gateway.CallAsync(key: second)).Status.ShouldBe(HttpStatusCode.OK);
        WriteDocument(gateway.Folder, ("second", TestKey.OfAStranger));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.CallAsync(key: first)).Status.ShouldBe(HttpStatusCode.Unauthorized); // Verified tokens of it are forgotten.
        (await gateway.CallAsync(key: second)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Change_KeyOfAnIssuerReplaced_OldTokensAreWrong()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync("", prepare: folder => WriteDocument(folder, ("first", TestKey.Usual)));
        string token = Token("first", TestKey.Usual);
        (await gateway.CallAsync(key: token)).Status.ShouldBe(HttpStatusCode.OK);

        File.WriteAllText(Path.Combine(gateway.Folder, "first.pem"), TestKey.OfAStranger.PublicPem);
        await gateway.Reloader.LookAsync(CancellationToken.None);

        (await gateway.CallAsync(key: token)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.CallAsync(key: Token("first", TestKey.OfAStranger))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Change_KeyOfAnIssuerIsUseless_DocumentIsRejected()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync("", prepare: folder => WriteDocument(folder, ("first", TestKey.Usual)));

        File.WriteAllText(Path.Combine(gateway.Folder, "first.pem"), "no key");
        await gateway.Reloader.LookAsync(CancellationToken.None);

        gateway.Servers.LastReload!.Faults.ShouldHaveSingleItem().ShouldStartWith("sluice.yaml: auth.jwt.key: ");
        (await gateway.CallAsync(key: Token("first", TestKey.Usual))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Change_CountsOfWrongCredentials_AreKept()
    {
        static string Document(FakeUpstream upstream, int limit) =>
            $"auth: {{ failures: 3/1d, apiKeys: [ {{ user: alice, sha256: {GatewayFixture.HashOf("right")} }} ] }}\n"
            + $"servers: [ {{ name: one, upstream: \"{upstream.Endpoint}\", rateLimiting: {{ perUser: {limit}/1d }} }} ]\n";
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Document(_upstream, 10));
        for (int guess = 0; guess < 3; guess++)
        {
            (await gateway.CallAsync(key: $"wrong-{guess}")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        await gateway.ChangeAsync(Document(_upstream, 11));

        (await gateway.CallAsync(key: "wrong-3")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.CallAsync(key: "right")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private void WriteDocument(string folder, params (string Issuer, TestKey Key)[] issuers)
    {
        foreach ((string issuer, TestKey key) in issuers)
        {
            File.WriteAllText(Path.Combine(folder, issuer + ".pem"), key.PublicPem);
        }

        string list = string.Join(", ", issuers.Select(issuer =>
            $"{{ issuer: {issuer.Issuer}, audience: mcp, key: {Path.Combine(folder, issuer.Issuer + ".pem")} }}"));
        ReloadFixture.Replace(
            Path.Combine(folder, "sluice.yaml"),
            ReloadFixture.Text($"auth: {{ jwt: [ {list} ] }}\nservers: [ {{ name: one, upstream: \"{_upstream.Endpoint}\" }} ]\n"));
    }

    private static string Token(string issuer, TestKey key) => key.Sign(new JsonObject
    {
        ["iss"] = issuer,
        ["sub"] = "alice",
        ["aud"] = "mcp",
        ["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
    });
}
