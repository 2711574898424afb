using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Gateway.Tests;

/// <summary>An upstream, a provider and a gateway between them that accepts the provider's tokens, on a clock of the test's.</summary>
internal sealed class TokenScene : IAsyncDisposable
{
    internal const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""";

    private TokenScene(FakeUpstream upstream, OidcProvider provider, GatewayFixture gateway, MovableClock clock)
    {
        Upstream = upstream;
        Provider = provider;
        Gateway = gateway;
        Clock = clock;
    }

    internal FakeUpstream Upstream { get; }

    internal OidcProvider Provider { get; }

    internal GatewayFixture Gateway { get; }

    internal MovableClock Clock { get; }

    /// <summary>Starts them.</summary>
    /// <param name="rateLimiting">The limits of the one server.</param>
    /// <param name="auth">More fields of <c>auth</c>, with a comma in front.</param>
    /// <param name="server">More fields of the server, with a comma in front.</param>
    /// <param name="jwt">More fields of the issuer, with a comma in front.</param>
    /// <param name="prepare">Changes the provider before the gateway starts.</param>
    /// <param name="userAcrossTenants">Whether a user is the same in every tenant.</param>
    internal static async Task<TokenScene> StartAsync(
        string rateLimiting = "{ perUser: 1000/1d }",
        string auth = ", failures: 100000/1s",
        string server = "",
        string jwt = "",
        Action<OidcProvider>? prepare = null,
        bool userAcrossTenants = false)
    {
        FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        OidcProvider provider = await OidcProvider.StartAsync();
        prepare?.Invoke(provider);
        MovableClock clock = new();
        GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            {{(userAcrossTenants ? "identity: { userAcrossTenants: true }" : "")}}
            auth: { jwt: { issuer: "{{provider.Issuer}}", audience: "{{OidcProvider.Audience}}"{{jwt}} }{{auth}} }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: {{rateLimiting}}{{server}} }
            """,
            clock);
        return new TokenScene(upstream, provider, gateway, clock);
    }

    /// <summary>A call with a token, or without one.</summary>
    internal static HttpRequestMessage CallWith(string? token, string body = Call)
    {
        HttpRequestMessage request = GatewayFixture.Post(body);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return request;
    }

    internal Task<(HttpStatusCode Status, string Body)> CallAsync(string? token, string body = Call) =>
        Gateway.SendAsync(CallWith(token, body));

    internal async Task<HttpStatusCode> StatusOfAsync(string? token) => (await CallAsync(token)).Status;

    /// <summary>The challenge of a refused call.</summary>
    internal async Task<string> ChallengeOfAsync(string? token)
    {
        using HttpRequestMessage request = CallWith(token);
        using HttpResponseMessage response = await Gateway.Client.SendAsync(request);
        AuthenticationHeaderValue challenge = response.Headers.WwwAuthenticate.ShouldHaveSingleItem();
        return challenge.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Provider.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
