using System.Net;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>Which origins may call a gateway on loopback.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("vscode-webview://*", "vscode-webview://1tq5bq6m3", true)]
    [InlineData("vscode-webview://*", "vscode-file://vscode-app", false)]
    [InlineData("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", true)]
    [InlineData("chrome-extension://abcdefghijklmnop", "chrome-extension://ponmlkjihgfedcba", false)]
    [InlineData("tauri://localhost", "tauri://localhost", true)]
    [InlineData("http://tauri.localhost", "http://tauri.localhost", true)]
    [InlineData("http://tauri.localhost", "https://tauri.localhost", false)]
    [InlineData("http://*.localhost:3000", "http://a.b.localhost:3000", true)]
    [InlineData("http://*.localhost:3000", "http://a.localhost", false)]
    [InlineData("http://*.localhost", "http://localhost.evil.example", false)]
    [InlineData("http://*.localhost", "http://evillocalhost", false)]
    [InlineData("https://App.example.com", "https://app.example.com", true)]
    [InlineData("https://app.example.com", "https://app.example.com:8443", false)]
    [InlineData("https://app.example.com", "https://app.example.com/path", false)]
    [InlineData("https://app.example.com", "https://app.example.com:x", false)]
    [InlineData("https://app.example.com", "null", false)]
    [InlineData("vscode-webview://*", "vscode-webview://*", false)]
    public void Matches_Origin_IsExactApartFromThePattern(string pattern, string origin, bool expected) =>
        AllowedOrigin.Parse(pattern).ShouldNotBeNull().Matches(origin).ShouldBe(expected);

    [Theory]
    [InlineData("", "http://app.localhost:3000", false)]
    [InlineData("", "vscode-webview://1tq5bq6m3", false)]
    [InlineData("", "http://localhost:3000", true)]
    [InlineData("auth: { origins: [\"vscode-webview://*\", \"http://*.localhost:3000\"] }", "http://app.localhost:3000", true)]
    [InlineData("auth: { origins: [\"vscode-webview://*\", \"http://*.localhost:3000\"] }", "vscode-webview://1tq5bq6m3", true)]
    [InlineData("auth: { origins: \"vscode-webview://*\" }", "https://evil.example", false)]
    [InlineData("auth: { origins: \"vscode-webview://*\" }", "http://localhost:3000", true)]
    public async Task Request_FromAnOrigin_IsServedWhenItIsOursOrListed(string auth, string origin, bool isServed)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            {{auth}}
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 1000/1d } }
            """);
        using HttpRequestMessage request = GatewayFixture.Post(TokenScene.Call);
        request.Headers.TryAddWithoutValidation("Origin", origin);

        (HttpStatusCode status, string body) = await gateway.SendAsync(request);

        status.ShouldBe(isServed ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
        body.Contains("auth.origins", StringComparison.Ordinal).ShouldBe(!isServed);
    }
}
